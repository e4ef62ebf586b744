"""The plan of a run: which request is due when, settled before anything is sent. Pure.

It follows from the requests, a rhythm and a seed alone, so two candidates that are given the same plan are given the
same load: its hash says so.
"""

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loadtest.rhythms import MAX_REQUESTS, PlanExtent, RecordedRhythm, Rhythm
from loadtest.stock_index import NO_TIME, StockIndex

_NS = 1_000_000_000
_SCHEMA = b"understudy.plan/1"
NONE_BEFORE = -1


class LoadPlan(NamedTuple):
    """Columns with a row for each request, in the order in which they are due.

    `due_ns`: from the run's start. `item`: of the stock. `after`: the row of the request before it in its session,
    NONE_BEFORE where there is none; it waits for that one's answer, and then `think_ns`. `filled`: it stands for one
    that the source did not keep. The first `warmup` count in no number.
    """

    due_ns: NDArray[np.int64]
    item: NDArray[np.int64]
    after: NDArray[np.int64]
    think_ns: NDArray[np.int64]
    filled: NDArray[np.bool_]
    warmup: int
    sha256: str

    @property
    def size(self) -> int:
        return len(self.due_ns)

    @property
    def distinct(self) -> int:
        """How many requests of the source are in it."""
        return len(np.unique(self.item))

    def only(self, rows: NDArray[np.int64]) -> "LoadPlan":
        """These of its rows, each once and ascending: what was sent of a plan that time cut off. Its hash stays."""
        warmup = int(np.searchsorted(rows, self.warmup))
        due, item, after, think, filled = (
            self.due_ns[rows], self.item[rows], self.after[rows], self.think_ns[rows], self.filled[rows]
        )  # fmt: skip
        return LoadPlan(due, item, after, think, filled, warmup, self.sha256)

    @property
    def in_sessions(self) -> bool:
        return bool((self.after != NONE_BEFORE).any())

    @property
    def lasts_ns(self) -> int:
        """Until the last one is due."""
        return int(self.due_ns[-1]) if self.size else 0


class Outline(NamedTuple):
    """What a plan is made by. `passes` of the source; None: one, or as many as `lasts_s` has room for. `warmup_s` or
    `warmup`: how long, or how many, at the beginning do not count. `fill`: up to the rate that production had.
    """

    rhythm: Rhythm
    passes: int | None = None
    lasts_s: float | None = None
    warmup: int = 0
    warmup_s: float = 0.0
    in_sessions: bool = False
    fill: bool = False
    seed: int = 0
    closed: int = 0  # so many at once, each as soon as there is a place; 0: when it is due


def plan_of(index: StockIndex, outline: Outline) -> LoadPlan:
    """Raises ValueError where there is nothing to plan, or no time to plan it by."""
    if not index.size:
        raise ValueError("the source has no request that could be sent")
    items, at_ns, filled = _one_pass(index, outline)
    passes = outline.passes or (1 if outline.lasts_s is None else MAX_REQUESTS)
    extent = PlanExtent(
        min(MAX_REQUESTS, passes * len(items)), None if outline.lasts_s is None else int(outline.lasts_s * _NS)
    )
    due = outline.rhythm.offsets(at_ns, extent)
    rows = np.arange(len(due)) % len(items)
    item = items[rows]
    after, think = _sessions(index, item, outline) if outline.in_sessions else _no_sessions(len(due))
    warmup = max(min(outline.warmup, len(due)), int(np.searchsorted(due, outline.warmup_s * _NS)))
    return LoadPlan(
        due, item, after, think, filled[rows], warmup, _hash(index, item, (due, after, think), (warmup, outline.closed))
    )


def _one_pass(index: StockIndex, outline: Outline) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """The items of one reading of the source, in the order of their times; these, from the first on; which of them
    stand for others.
    """
    is_timed = bool(np.all(index.at_ns != NO_TIME))
    if not is_timed and isinstance(outline.rhythm, RecordedRhythm):
        raise ValueError("the source does not tell when its requests came: give a rate (--rate 100/s)")
    items = np.argsort(index.at_ns, kind="stable") if is_timed else np.arange(index.size)
    at_ns = index.at_ns[items] - index.at_ns[items[0]] if is_timed else np.zeros(index.size, np.int64)
    if outline.fill:
        return _filled(items, at_ns, index.ratio[items], outline.seed)
    return items, at_ns, np.zeros(index.size, np.bool_)


def _filled(
    items: NDArray[np.int64], at_ns: NDArray[np.int64], ratio: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Each as often as it stands for requests of production, 1 / ratio on average; those that are added come somewhere
    before the next one that was kept.
    """
    upto = np.floor(np.cumsum(1 / ratio) + 1e-9).astype(np.int64)
    copies = np.maximum(1, np.diff(upto, prepend=0))
    place = np.repeat(np.arange(len(items)), copies)
    first = np.diff(place, prepend=-1) > 0
    pause = np.append(np.diff(at_ns), 0)
    shift = np.random.default_rng(seed).random(len(place)) * pause[place]
    when = at_ns[place] + np.where(first, 0, shift).astype(np.int64)
    order = np.argsort(when, kind="stable")
    return items[place][order], when[order], ~first[order]


def _no_sessions(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.full(count, NONE_BEFORE, np.int64), np.zeros(count, np.int64)


def _sessions(
    index: StockIndex, item: NDArray[np.int64], outline: Outline
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """By row the one before it in its session, and how long its client thought."""
    after, think = _no_sessions(len(item))
    session = index.session[item]
    order = np.argsort(session, kind="stable")
    order = order[session[order] != 0]
    before, row = order[:-1], order[1:]
    same = session[before] == session[row]
    before, row = before[same], row[same]
    after[row] = before
    ended = index.at_ns[item[before]] + np.maximum(0, index.lasted_ns[item[before]])
    thought = np.where(index.at_ns[item[row]] != NO_TIME, index.at_ns[item[row]] - ended, 0)
    think[row] = np.maximum(0, _at_speed(thought, outline.rhythm))
    return after, think


def _at_speed(thought: NDArray[np.int64], rhythm: Rhythm) -> NDArray[np.float64] | NDArray[np.int64]:
    """A client's pauses are cut and sped up as those between requests are."""
    if not isinstance(rhythm, RecordedRhythm):
        return thought
    cut = thought if rhythm.max_gap_ns is None else np.minimum(thought, rhythm.max_gap_ns)
    return cut / rhythm.speed


def _hash(
    index: StockIndex, item: NDArray[np.int64], columns: tuple[NDArray[np.int64], ...], numbers: tuple[int, ...]
) -> str:
    found = hashlib.sha256(_SCHEMA)
    for column in (*columns, np.array(numbers)):
        found.update(column.astype("<i8").tobytes())
    for start in range(0, len(item), 65_536):
        found.update(index.digests[item[start : start + 65_536]].tobytes())
    return found.hexdigest()
