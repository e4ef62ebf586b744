"""Sums over requests that production was asked twice: what the candidate does beyond noise. Pure.

All of it is paired, request by request: what both answers have in common, such as an id that is new in each, takes no
part in it. Were the candidate a copy of production, its answer and production's second one would be two draws of the
same kind, and neither would differ from the first more than the other.
"""

from collections import defaultdict
from collections.abc import ItemsView, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Self, TypeVar

import numpy as np
from msgspec import field

from comparators.compare.finding import AGREEING, Difference
from comparators.pairs.comparison import Comparison, OutputValues, PairedSizes
from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.exact import ONE, share
from comparators.statistics.name_counts import beyond
from comparators.statistics.reports_alone import ReportsAlone
from comparators.statistics.sketch import Sketch
from comparators.statistics.sums import Sums

Value = TypeVar("Value")

MAX_NOISE_PATHS = 200  # the smallest by name, which are counted completely (name_counts.py)


class PairedShares(Sums, kw_only=True):
    """Of `n` requests a quantity in [0, 1], as the candidate has it and as production's second answer has it, in 2^-40;
    and the `difference` of each, the candidate's less the other.
    """

    n: int = 0
    candidate: int = 0
    noise: int = 0
    difference: EdgeHistogram = field(default_factory=EdgeHistogram)

    def add_all(self, values: Sequence[tuple[int, int]]) -> None:
        """The candidate's and the other of each request, in 2^-40."""
        self.n += len(values)
        self.candidate += sum([candidate for candidate, _ in values])
        self.noise += sum([noise for _, noise in values])
        self.difference.add_all(np.array([candidate - noise for candidate, noise in values], dtype=np.float64) / ONE, 0)


class SizesAgainstNoise(Sums, kw_only=True):
    """Of a quantity without a bound the candidate's and that of production's second answer; and the `difference` of
    these, the candidate's less the other. Clipped before anything is added up; so of what may be negative the
    difference is at most twice the clip.
    """

    candidate: EdgeHistogram = field(default_factory=EdgeHistogram)
    noise: EdgeHistogram = field(default_factory=EdgeHistogram)
    difference: EdgeHistogram = field(default_factory=EdgeHistogram)

    def add_all(self, sizes: Sequence[PairedSizes]) -> None:
        for top in sorted({each.top for each in sizes}):
            candidate = np.array([each.candidate for each in sizes if each.top == top])
            noise = np.array([each.noise for each in sizes if each.top == top])
            self.candidate.add_all(candidate, top)
            self.noise.add_all(noise, top)
            self.difference.add_all(candidate - noise, top + any(each.signed for each in sizes))


class SketchesAgainstNoise(Sums, kw_only=True):
    """Of a quantity whose quantiles are told: all values of the candidate's, and of production's second answers."""

    candidate: Sketch = field(default_factory=Sketch)
    noise: Sketch = field(default_factory=Sketch)

    def add_all(self, values: Sequence[tuple[float, float]]) -> None:
        candidate, noise = np.array(values, dtype=np.float64).reshape(-1, 2).T
        self.candidate.add_all(candidate)
        self.noise.add_all(noise)


class OutputNoise(Sums, kw_only=True):
    """Of one output: `values` in [0, 1] and `sizes` by metric, `spread` by distribution."""

    values: dict[str, PairedShares] = field(default_factory=dict)
    sizes: dict[str, SizesAgainstNoise] = field(default_factory=dict)
    spread: dict[str, SketchesAgainstNoise] = field(default_factory=dict)

    def add_all(self, requests: Sequence[OutputValues]) -> None:
        for name, shares in _by_name([each.shares for each in requests]):
            self.values.setdefault(name, PairedShares()).add_all(shares)
        for name, sizes in _by_name([each.sizes for each in requests]):
            self.sizes.setdefault(name, SizesAgainstNoise()).add_all(sizes)
        for name, spread in _by_name([each.spread for each in requests]):
            self.spread.setdefault(name, SketchesAgainstNoise()).add_all(spread)


class PathNoise(Sums, kw_only=True):
    """Requests in which a difference is found at a path or above it: the candidate's, production's own, and both."""

    candidate: int = 0
    noise: int = 0
    common: int = 0


class NoisePaths(Sums, kw_only=True):
    """By path. `dropped`: requests with a difference at a path that is not kept, once for each of these."""

    kept: dict[str, PathNoise] = field(default_factory=dict)
    dropped: int = 0

    def see(self, own: AbstractSet[str], noise: AbstractSet[str]) -> None:
        """Count one request's places. Call `trim` after a batch of these."""
        for path in own | noise:
            if path not in self.kept:
                self.kept[path] = PathNoise()
            at, candidate, again = self.kept[path], _is_covered(path, own), _is_covered(path, noise)
            at.candidate += candidate
            at.noise += again
            at.common += candidate and again

    def merge(self, other: Self) -> None:
        super().merge(other)
        self.trim()

    def trim(self) -> None:
        if len(self.kept) > MAX_NOISE_PATHS:
            for path in beyond(self.kept, MAX_NOISE_PATHS):
                gone = self.kept.pop(path)
                self.dropped += gone.candidate + gone.noise - gone.common


class NoiseSums(Sums, kw_only=True):
    """Of requests that production was asked twice. `rows`: the share of their rows that disagree.

    `new`: requests in which the candidate differs at a path where production does not differ from itself; `gone`: the
    reverse. `cut`: requests with more differences than are listed of one answer.
    """

    rows: PairedShares = field(default_factory=PairedShares)
    new: int = 0
    gone: int = 0
    cut: int = 0
    paths: ReportsAlone[NoisePaths] = field(default_factory=NoisePaths)
    outputs: ReportsAlone[dict[str, OutputNoise]] = field(default_factory=dict)  # by pointer, as the plan has them

    @property
    def n(self) -> int:
        return self.rows.n

    def add(self, comparisons: Sequence[Comparison]) -> None:
        twice = [(each, each.noise) for each in comparisons if each.noise is not None]
        self.rows.add_all([(share(each.rows_disagreeing, each.rows), noise.disagreement) for each, noise in twice])
        by_output: dict[str, list[OutputValues]] = defaultdict(list)
        for each, noise in twice:
            self.cut += any(kind == "more" for kind, _ in (*each.differences, *noise.differences))
            self._add_places(_places(each.differences), _places(noise.differences))
            for pointer, values in noise.outputs.items():
                by_output[pointer].append(values)
        for pointer, requests in by_output.items():
            self.outputs.setdefault(pointer, OutputNoise()).add_all(requests)
        self.paths.trim()

    def _add_places(self, own: AbstractSet[str], noise: AbstractSet[str]) -> None:
        self.new += not all(_is_covered(path, noise) for path in own)
        self.gone += not all(_is_covered(path, own) for path in noise)
        self.paths.see(own, noise)


def _by_name(requests: Sequence[Mapping[str, Value]]) -> ItemsView[str, list[Value]]:
    """What the requests have, those together that are of one name."""
    found: dict[str, list[Value]] = defaultdict(list)
    for each in requests:
        for name, value in each.items():
            found[name].append(value)
    return found.items()


def _places(differences: Iterable[Difference]) -> set[str]:
    return {path for kind, path in differences if kind not in AGREEING and kind != "more"}


def _is_covered(path: str, by: AbstractSet[str]) -> bool:
    """Whether there is a difference at this path or above it. Where an answer differs above a path (it is missing, it
    has another length), nothing below was compared.
    """
    while path not in by:
        if not path:
            return False
        path = path.rpartition("/")[0]
    return True
