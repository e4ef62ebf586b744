"""What a proxy worker counted, in a memory-mapped file: it outlives a SIGKILL, and any process may read it.

A file is a header (JSON: who, which counters, which routes) and one row of unsigned 64-bit counters a route. Each is
incremented where its event happens; none is computed from the others. `held` is a gauge: requests between their
head and their end (recorded or shed).
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from records.reasons import NOT_SAMPLED, SHED

NAMES = (
    "requests",
    *(f"not_sampled.{reason}" for reason in NOT_SAMPLED),
    *(f"shed.{reason}" for reason in SHED),
    "recorded",
    "held",
    "failed",  # production gave no answer, and we answered or cut the connection
    "in_hand",  # gauge: calls that were sent to production and have not ended
    # Of the worker as a whole, in the row of no route:
    "unrouted",
    "refused",
    "connections",  # gauge
    "buffer_bytes",  # gauge
)
# What the store books: with `recorded`, which it counts itself, these add up to `requests`.
ACCOUNTED = tuple(name for name in NAMES if name in ("requests", "held") or name.startswith(("not_sampled.", "shed.")))
GAUGES = ("held", "in_hand", "connections", "buffer_bytes")
INDEX = {name: index for index, name in enumerate(NAMES)}

RETIRED = "retired.mm"  # the file of all workers that died

_MAGIC = b"understudy-counters/2\n"
_HEADER_BYTES = 65_536
_MAX_ROUTES = 1_024
MAX_ROUTES_SET = _MAX_ROUTES // 2  # in the settings at once: a reload may exchange all of them
MAX_NAMES_BYTES = 28_672  # of these: twice that, and what parts them, is less than the header has
_ROW = len(NAMES)
_SIZE = _HEADER_BYTES + _MAX_ROUTES * _ROW * 8


class RouteCounters:
    """One route's row. `add` is on the hot path: an index and a sum."""

    __slots__ = ("_base", "_cells")

    def __init__(self, cells: memoryview, row: int) -> None:
        self._cells = cells
        self._base = row * _ROW

    def add(self, index: int, count: int = 1) -> None:
        self._cells[self._base + index] += count

    def at(self, index: int) -> int:
        return self._cells[self._base + index]

    def read(self) -> dict[str, int]:
        return {name: self._cells[self._base + index] for index, name in enumerate(NAMES)}


class CountersFile:
    """A worker's own counters. Row 0 belongs to no route (what matched none, what was refused)."""

    def __init__(self, path: Path | None, writer: str) -> None:
        """`path` None: in memory alone. Raises OSError."""
        self._writer = writer
        self._routes = {"": 0}
        if path is None:
            self._open(None)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".new")
        try:
            self._open(draft)
            draft.rename(path)  # whole: a reader finds its header, or no file
        finally:
            draft.unlink(missing_ok=True)

    def route(self, name: str) -> RouteCounters:
        """The row of a route: the same one for the same name, also after it was removed and came back."""
        if name not in self._routes:
            if len(self._routes) == _MAX_ROUTES:
                raise ValueError(f"a worker counts at most {_MAX_ROUTES - 1} routes; restart it to begin anew")
            self._routes[name] = len(self._routes)
            self._write_header()
        return RouteCounters(self._cells, self._routes[name])

    def close(self) -> None:
        self._cells.release()
        self._map.close()

    def _open(self, path: Path | None) -> None:
        self._map = mmap.mmap(-1, _SIZE) if path is None else _mapped(path)
        self._cells = memoryview(self._map)[_HEADER_BYTES:].cast("Q")
        self._write_header()

    def _write_header(self) -> None:
        about = orjson.dumps({"writer": self._writer, "pid": os.getpid(), "names": NAMES, "routes": list(self._routes)})
        header = _MAGIC + about + b"\n"
        if len(header) > _HEADER_BYTES:
            raise ValueError("the routes' names are too long for the counters' file")
        self._map[: len(header)] = header


class CountersView:
    """Another worker's counters, as they are at each moment. Of the same build: another's may stand elsewhere."""

    def __init__(self, shown: mmap.mmap) -> None:
        self._map = shown
        self._cells = memoryview(shown)[_HEADER_BYTES:].cast("Q")
        self._routes: list[str] = []

    @classmethod
    def of(cls, path: Path) -> CountersView | None:
        """None where it is gone, or none of this build."""
        try:
            with path.open("rb") as file:
                view = cls(mmap.mmap(file.fileno(), _SIZE, access=mmap.ACCESS_READ))
        except (OSError, ValueError):
            return None
        return view if view.look() else None

    def look(self) -> bool:
        """See which routes it counts for by now. False where it is none of this build."""
        try:
            about = _about(self._map[:_HEADER_BYTES])
        except ValueError:
            return False  # or it is being written: it keeps what was seen before
        self._routes = about["routes"]
        ours: bool = about["names"] == [*NAMES]
        return ours

    def route(self, name: str) -> RouteCounters | None:
        return RouteCounters(self._cells, self._routes.index(name)) if name in self._routes else None


def _mapped(path: Path) -> mmap.mmap:
    """Subtle: its room is taken at once. A page of a sparse file that finds the disk full is a SIGBUS, our death."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, _SIZE)
        return mmap.mmap(descriptor, _SIZE)
    finally:
        os.close(descriptor)


def retire(path: Path, recorded: Mapping[str, int]) -> None:
    """Add a dead worker's counts to those of the dead before it, and remove its file.

    `recorded`: what the store has of it, by route; what it neither recorded nor shed died with it.
    """
    _, routes = read_counters(path)
    for name, counts in routes.items():
        if name:
            counts["recorded"] = recorded.get(name, counts["recorded"])
            counts["shed.worker_died"] += counts["requests"] - _ended(counts)
    file = path.with_name(RETIRED)
    draft = file.with_suffix(".sum")
    total = CountersFile(draft, "retired")
    for several in (_of_the_dead(file), routes):
        for name, counts in several.items():
            _count(total.route(name), counts)
    total.close()
    draft.replace(file)
    path.unlink()


def _ended(counts: Mapping[str, int]) -> int:
    return sum(counts[each] for each in NAMES if each.startswith(("not_sampled.", "shed."))) + counts["recorded"]


def _count(row: RouteCounters, counts: Mapping[str, int]) -> None:
    for name in NAMES:
        if name not in GAUGES:
            row.add(INDEX[name], counts[name])


def _of_the_dead(file: Path) -> dict[str, dict[str, int]]:
    """What is in the file of those that died before. One that can't be read is kept aside, and the sum begins anew."""
    try:
        return read_counters(file)[1] if file.exists() else {}
    except ValueError:
        file.replace(file.with_suffix(".unreadable"))
        return {}


def _about(data: bytes) -> dict[str, Any]:
    """What a file's header says. Raises ValueError."""
    about: dict[str, Any] = orjson.loads(data[len(_MAGIC) : data.index(b"\n", len(_MAGIC))])
    return about


def read_counters(path: Path) -> tuple[str, dict[str, dict[str, int]]]:
    """A worker's name and its counters by route, from its file; the worker may be alive or dead. Raises ValueError."""
    data = path.read_bytes()
    if not data.startswith(_MAGIC):
        raise ValueError(f"{path} is not a counters file of this version")
    about = _about(data)
    cells = memoryview(data)[_HEADER_BYTES:].cast("Q")
    names, routes = about["names"], about["routes"]
    rows = (cells[row * len(names) : (row + 1) * len(names)] for row in range(len(routes)))
    # Another build may count under more names, or fewer: what it has under ours is ours.
    counted = [dict(zip(names, row, strict=True)) for row in rows]
    return about["writer"], {
        route: {name: counts.get(name, 0) for name in NAMES} for route, counts in zip(routes, counted, strict=True)
    }
