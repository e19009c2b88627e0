"""Several who act at the same moment."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

Given = TypeVar("Given")

# A thread that cannot start must not leave the others waiting for ever.
PATIENCE = 60.0  # seconds


def at_once(
    work: Callable[[Given], Any], given: Iterable[Given], *, told: type[Exception] | tuple[type[Exception], ...] = ()
) -> list[Any]:
    """What `work` returned for each of `given`, in their order, by threads that start together.

    An exception of the kind `told` is an answer like another; any other is raised when all are through.
    """
    each = list(given)
    start = Barrier(len(each))

    def run(one: Given) -> Any:
        start.wait(PATIENCE)
        try:
            return work(one)
        except told as answer:
            return answer

    with ThreadPoolExecutor(len(each)) as pool:
        running = [pool.submit(run, one) for one in each]
    return [one.result() for one in running]
