"""Work in several processes of one thread each, none of which outlives the one that asked."""

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")

_EXIT_ORPHAN = 1
_shared: list[Any] = []
"""Of this worker: sent once, not with every item."""


def map_in_processes(
    work: Callable[[Shared, Item], Result], shared: Shared, items: Sequence[Item], workers: int
) -> Generator[Result]:
    """Yield ``work(shared, item)`` of each item in their order.

    Workers end at once when the iterator is closed or this process ends, however it ends: by an
    error, by Ctrl-C, or killed. Close the iterator (``contextlib.closing``) if it is left early.

    Parameters
    ----------
    work : callable
        Of a module that workers can import.
    shared : object
        Sent to each worker once.
    items : sequence
    workers : int
        Number of processes.
    """
    with _pool(shared, workers) as pool:
        with _interrupts_blocked():
            found = pool.map(_Work(work), items)
        yield from found


@contextmanager
def start_aside(work: Callable[[Item], None], item: Item) -> Iterator[None]:
    """Do ``work(item)`` in another process as long as the context lasts; its end waits for it.

    The process ends at once where the context is left by an error or this process ends. What the
    work returns or raises is not told.

    Parameters
    ----------
    work : callable
        Of a module that workers can import.
    item : object
        Sent to the process.
    """
    with _pool(None, 1) as pool:
        with _interrupts_blocked():
            pool.submit(work, item)
        yield


@contextmanager
def _pool(shared: object, workers: int) -> "Iterator[ProcessPoolExecutor]":
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # not fork: a copy of a process whose compiled kernels have threads would hang
    context = get_context("spawn")
    # nothing is ever sent: its end, which the system closes with this process, is the message
    ends, held = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start, initargs=(shared, ends)
    )
    try:
        yield pool
    except BaseException:
        held.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        held.close()
        ends.close()


class _Work:
    """Applies the work to what all items share and to one item, in a worker."""

    def __init__(self, work: Callable[[Any, Any], Any]) -> None:
        self._work = work

    def __call__(self, item: Any) -> Any:
        return self._work(_shared[0], item)


def _start(shared: object, ends: Connection) -> None:
    # Ctrl-C reaches every process of the terminal; the one that asked says when to end
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(ends,), daemon=True).start()
    import numba

    numba.set_num_threads(1)
    _shared[:] = [shared]


def _end_with(ends: Connection) -> None:
    """Wait until the other end is closed, and end this process whatever it is doing."""
    try:
        ends.poll(None)
    finally:
        os._exit(_EXIT_ORPHAN)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Hold Ctrl-C back, so that processes begun here never hear it, not even while they import."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
