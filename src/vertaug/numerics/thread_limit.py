"""Holding small work on one thread."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

ONE_THREAD_CELLS = 30_000
"""Below so many cells starting a second thread takes longer than it saves."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Run kernels in one thread: for steps of thousands of calls of a fraction of a millisecond.

    Starting the other threads then costs more than they save, and on a busy machine several
    times more.
    """
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def few_threads(cells: int, most: int = ONE_THREAD_CELLS) -> AbstractContextManager[None]:
    """Run kernels on one thread where a second would not pay; results do not depend on it.

    Parameters
    ----------
    cells : int
    most : int
        Below so many one thread is used.
    """
    return one_thread() if cells < most else nullcontext()
