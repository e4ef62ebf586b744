"""The highest load that meets the thresholds, disagreement among them: doubled until one is missed, then halved. Pure.

A probe is a run at one load. What it comes to decides which load is tried next; who runs probes asks for the next one
until there is none. A probe that measured its own generator says nothing of the target: it is made once more, and if
that says no more, the search ends.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from msgspec import Struct

from comparators.render import words

Found = Literal["met", "missed", "undecided", "invalid"]

CLOSE = 1.05  # the highest load that is met, and the lowest that is not, lie closer than this
MAX_PROBES = 32


class Probe(Struct, frozen=True, kw_only=True):
    """A run at this load, and whether it met the thresholds. `values`: of the metrics that these are about, and of what
    a curve shows.
    """

    load: float
    found: Found
    why: str
    values: dict[str, float | None]


class LoadSearch(NamedTuple):
    """From `least` to `most`; loads are rates, or speeds."""

    least: float
    most: float
    close: float = CLOSE

    def next(self, probes: Iterable[Probe]) -> float | None:
        """What to try now; None: it is known."""
        done = list(probes)
        broken = [each.load for each in done if each.found == "invalid"]
        if len(done) >= MAX_PROBES or len(broken) > len(set(broken)):
            return None
        if done and done[-1].found == "invalid":
            return done[-1].load  # once more: whatever disturbed it may be over
        met, missed = self.met(done), self.missed(done)
        if met is None:
            return self.least if missed is None else None
        if missed is None:
            return None if met >= self.most else min(2 * met, self.most)
        return None if missed / met <= self.close else (met * missed) ** 0.5

    def met(self, probes: Iterable[Probe]) -> float | None:
        """The highest below which none is missed."""
        probes = list(probes)
        missed = self.missed(probes)
        return max((each.load for each in probes if each.found == "met" and (missed is None or each.load < missed)),
                   default=None)  # fmt: skip

    def missed(self, probes: Iterable[Probe]) -> float | None:
        """The lowest. What is not decided is not met."""
        return min((each.load for each in probes if each.found in ("missed", "undecided")), default=None)


def load_in_words(load: float, unit: str) -> str:
    """`unit`: /s, or x."""
    return f"{words.number(load, 'value')}{unit}"


def outcome_in_words(search: LoadSearch, probes: list[Probe], unit: str) -> Iterator[str]:
    """What is known of the capacity. `unit`: /s, or x."""
    met, missed = search.met(probes), search.missed(probes)
    broken = probes[-1] if probes and probes[-1].found == "invalid" else None
    undecided = [each.load for each in probes if each.found == "undecided"]
    if met is None and missed in undecided:
        at = load_in_words(missed, unit)
        yield f"nothing is known of the capacity: at {at} the run was too short to tell (--duration)"
        return
    if met is None and missed is not None:
        yield f"not even {load_in_words(search.least, unit)} meets the thresholds"
    elif met is None:
        yield "nothing is known of the capacity"
    elif missed is None and broken is None and met >= search.most:
        yield f"{load_in_words(met, unit)}, the most that was tried, meets them: the capacity is higher"
    elif broken is not None:
        yield f"{load_in_words(met, unit)} meets the thresholds; how much more does is not known"
    else:
        yield f"the highest load that meets the thresholds: {load_in_words(met, unit)}"
    if missed is not None and met is not None:
        how = "at which the run was too short to tell" if missed in undecided else "that does not"
        yield f"the lowest {how}: {load_in_words(missed, unit)}"
    if broken is not None:
        yield f"at {load_in_words(broken.load, unit)} the run was no evidence: {broken.why}"
