"""Holding small work on one thread."""

from collections.abc import Iterator
from contextlib import contextmanager

ONE_THREAD_CELLS = 30_000
"""Below so many cells starting a second thread takes longer than it saves."""


@contextmanager
def few_threads(cells: int) -> Iterator[None]:
    """Run kernels on one thread where a second would not pay; results do not depend on it."""
    import numba

    number = numba.get_num_threads()
    if cells < ONE_THREAD_CELLS:
        numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(number)
