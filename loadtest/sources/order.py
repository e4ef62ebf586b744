"""Several files as one, in the order of time. Each of them is about in that order itself; what is read from them, and
how, their reader knows.
"""

import heapq
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import TypeVar

from loadtest.errors import SourceError

MAX_OPEN_FILES = 256
_FIRST_STEPS = 100  # of a file, that are asked for a time

File = TypeVar("File")
Item = TypeVar("Item")

Steps = Generator[tuple[int | None, Item], None, None]  # when in ns, or None where an item does not tell; and the item


def in_order(files: Sequence[File], steps: Callable[[File], Steps[Item]]) -> Iterator[Item]:
    """Every item of every file; one without a time comes right after the one before it in its file.

    `steps` is called once or twice for each file: to see when it begins, and to read it from there. Only files that
    overlap are open together. Raises SourceError where these are more than MAX_OPEN_FILES.
    """
    if len(files) == 1:
        yield from (item for _, item in steps(files[0]))
        return
    begins = deque(sorted((_begin_ns(steps(file)), number) for number, file in enumerate(files)))
    runs: list[tuple[int, int, Item, Steps[Item]]] = []
    while begins or runs:
        while begins and (not runs or begins[0] < runs[0][:2]):
            at_ns, number = begins.popleft()
            _push(runs, steps(files[number]), at_ns, number)
        if runs:
            at_ns, number, item, run = heapq.heappop(runs)
            yield item
            _push(runs, run, at_ns, number)


def _push(runs: list[tuple[int, int, Item, Steps[Item]]], run: Steps[Item], at_ns: int, number: int) -> None:
    """`number` is its file's, and no two runs have the same: items are never compared."""
    for step in run:
        if len(runs) >= MAX_OPEN_FILES:
            raise SourceError(f"more than {MAX_OPEN_FILES} files overlap in time: read fewer at once")
        heapq.heappush(runs, (at_ns if step[0] is None else step[0], number, step[1], run))
        return


def _begin_ns(run: Steps[Item]) -> int:
    """The first time in it; before all others where its first items tell none."""
    with closing(run):
        return next((at_ns for at_ns, _ in islice(run, _FIRST_STEPS) if at_ns is not None), -(2**63))
