"""Production asked twice: how its second answer differs from its first, beside how the candidate's differs. Pure.

Excess is a quantity of the request: what is written down here is of each request (noise_sums.py adds it up).
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from comparators.compare.extent import ClippedSize
from comparators.compare.finding import Finding
from comparators.compare.kinds import HeadSums, KindOfOutput, UnboundedDistance, is_share
from comparators.compare.rows import row_count
from comparators.compare.rules import HeadRules
from comparators.extract.output import Raw, Reading, Value
from comparators.metrics.definition import Definition
from comparators.pairs.comparison import Noise, OutputValues, PairedSizes
from comparators.pairs.heads import PlannedHead, PlanRules, compare_heads
from comparators.pairs.reads import PairReading
from comparators.statistics.exact import ONE, share

Pairs = Sequence[tuple[Value, Value]]
_Triple = tuple[Reading, Reading | None, Reading]  # production's answer, the candidate's, and production's second


class _Size(NamedTuple):
    value: float
    top: int
    signed: bool


class _Figures(NamedTuple):
    """What one answer to a request has, against production's first; as OutputValues have it of two."""

    shares: dict[str, int]
    sizes: dict[str, _Size]
    spread: dict[str, float]


def noise_of(reads: Sequence[PairReading], rules: PlanRules) -> list[Noise | None]:
    """One a pair; None where production was not asked twice."""
    noise = [_settled(each.noise) if isinstance(each.noise, Finding) else None for each in reads]
    places: list[int] = []
    triples: list[_Triple] = []
    for place, each in enumerate(reads):
        if isinstance(each.noise, Reading) and each.production is not None:
            places.append(place)
            triples.append((each.production, each.candidate, each.noise))
    if triples:
        for place, one in zip(places, _compared(triples, rules), strict=True):
            noise[place] = one
    return noise


def _settled(found: Finding) -> Noise:
    """Of a second answer that differs before it is even read, or has no output as the first has none."""
    return Noise(ONE if found.disagreeing else 0, found.differences)


def _compared(triples: Sequence[_Triple], rules: PlanRules) -> list[Noise]:
    compared = compare_heads([(production, again) for production, _, again in triples], rules)
    told = zip(compared.found, compared.rows, _outputs(triples, rules), strict=True)
    return [Noise(share(found.disagreeing.bit_count(), rows), found.differences, own) for found, rows, own in told]


def _outputs(triples: Sequence[_Triple], rules: PlanRules) -> list[dict[str, OutputValues]]:
    """By pointer, of the outputs that all three answers have."""
    outputs: list[dict[str, OutputValues]] = [{} for _ in triples]
    for head in rules.heads:
        _add_output(triples, head, outputs)
    return outputs


def _add_output(triples: Sequence[_Triple], head: PlannedHead, outputs: list[dict[str, OutputValues]]) -> None:
    places: list[int] = []
    own: list[tuple[Value, Value]] = []
    again: list[tuple[Value, Value]] = []
    for place, triple in enumerate(triples):
        values = [reading.heads.get(head.pointer) for reading in triple if reading is not None]
        told = [each for each in values if each is not None]
        if len(told) == len(triple) and len({isinstance(each, Raw) for each in told}) == 1:
            places.append(place)
            own.append((told[0], told[1]))
            again.append((told[0], told[2]))
    if places and head.rules is not None:
        for place, one in zip(places, _paired(head.kind, own, again, head.rules), strict=True):
            outputs[place][head.pointer] = one


def _paired(about: KindOfOutput, own: Pairs, again: Pairs, rules: HeadRules) -> list[OutputValues]:
    """Of the same requests what the candidate's answer has and production's second one, where both have it. `own` are
    production's values and the candidate's, `again` production's and those of its second answer.
    """
    candidate, noise = (_figures(about, pairs, rules) for pairs in (own, again))
    found = list(map(_both, candidate, noise))
    return found if about.apart is None else [_with_farther(about, about.apart, each) for each in found]


def _both(candidate: _Figures, noise: _Figures) -> OutputValues:
    return OutputValues(
        {name: (one, noise.shares[name]) for name, one in candidate.shares.items() if name in noise.shares},
        {name: _clipped(one, noise.sizes[name]) for name, one in candidate.sizes.items() if name in noise.sizes},
        {name: (one, noise.spread[name]) for name, one in candidate.spread.items() if name in noise.spread},
    )


def _clipped(candidate: _Size, noise: _Size) -> PairedSizes:
    most = 2.0**candidate.top
    least = -most if candidate.signed else 0.0
    return PairedSizes(
        min(max(candidate.value, least), most), min(max(noise.value, least), most), candidate.top, candidate.signed
    )


def _with_farther(about: KindOfOutput, apart: UnboundedDistance, values: OutputValues) -> OutputValues:
    """Where both are within the tolerance neither is farther: rounding is no distance."""
    if apart.distribution not in values.spread:
        return values
    candidate, noise = values.spread[apart.distribution]
    either = any(values.shares[about.metrics[0].name])
    farther = ONE * (either and candidate > noise), ONE * (either and candidate < noise)
    return values._replace(shares={**values.shares, apart.farther: farther})


# ---- one answer of each request, against production's first


def _figures(about: KindOfOutput, pairs: Pairs, rules: HeadRules) -> list[_Figures]:
    """The sums of a request that is compared alone are its values. Where the share of rows that disagree is the only
    one of them, it stands in the finding; and where there are others, a kind may have them of many requests at once.
    """
    told = about.against_noise()
    if len(told) > 1 and about.apart is None:
        return [_of_sums(told, about.compare([pair], rules)[1]) for pair in pairs]
    found, _ = about.compare(pairs, rules)
    rows = [row_count(production) for production, _ in pairs]
    shares = [{told[0].name: share(one.disagreeing.bit_count(), count)} for one, count in zip(found, rows, strict=True)]
    if about.apart is None:
        return [_Figures(each, {}, {}) for each in shares]
    apart = zip(shares, about.apart.of(pairs, rules), strict=True)
    return [_of_sizes(told[1:], own, sizes) for own, sizes in apart]


def _of_sizes(told: Sequence[Definition], shares: Mapping[str, int], known: Mapping[str, ClippedSize]) -> _Figures:
    found = _Figures(dict(shares), {}, {})
    for each in told if known else ():
        value, top = known[each.sums[0]]
        if each.way.quantile is not None:
            found.spread[each.way.quantile.of] = value
        else:
            found.sizes[each.name] = _Size(value, top, each.signed)
    return found


def _of_sums(told: Sequence[Definition], sums: HeadSums) -> _Figures:
    """What is not known of the request is not there."""
    found = _Figures({}, {}, {})
    for each in told:
        own = attrgetter(each.sums[0])(sums)
        if each.way.quantile is not None:
            if own.n:
                found.spread[each.way.quantile.of] = own.quantile(1.0)
        elif is_share(each):
            if getattr(sums, each.sums[1]):
                found.shares[each.name] = own * (1 if each.way.scale else ONE)
        elif own.top is not None:
            found.sizes[each.name] = _Size(own.mean(), own.top, each.signed)
    return found
