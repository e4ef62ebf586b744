"""Production asked twice: how its second answer differs from its first, beside how the candidate's differs. Pure.

Excess is a quantity of the request: what is written down here is of each request (noise_sums.py adds it up).
"""

from collections.abc import Sequence

from comparators.compare.finding import Finding
from comparators.compare.kinds import HeadSums, KindOfOutput
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
    """Of the same requests: the value of the candidate's answer and of production's second one, where both have one.
    `own` are production's values and the candidate's, `again` production's and those of its second answer.
    """
    candidate, noise = (_request_values(about, pairs, rules) for pairs in (own, again))
    both = zip(candidate, noise, strict=True)
    found = [{name: (one[name], other[name]) for name in one if name in other} for one, other in both]
    if about.apart is None:
        return list(map(OutputValues, found))
    apart = zip(found, about.apart.of(own), about.apart.of(again), strict=True)
    return [_unbounded(about, shares, sizes, rules.extent.clip) for shares, *sizes in apart]


def _unbounded(
    about: KindOfOutput, shares: dict[str, tuple[int, int]], sizes: Sequence[float | None], top: int
) -> OutputValues:
    """With how far apart they are. Where both are within the tolerance neither is farther: rounding is no distance."""
    candidate, noise = sizes
    if about.apart is None or candidate is None or noise is None:
        return OutputValues(shares)
    either = any(shares[about.metrics[0].name])
    farther = {about.apart.farther: (ONE * (either and candidate > noise), ONE * (either and candidate < noise))}
    most = 2.0**top
    return OutputValues(shares | farther, PairedSizes(min(candidate, most), min(noise, most), top))


def _request_values(about: KindOfOutput, pairs: Pairs, rules: HeadRules) -> list[dict[str, int]]:
    """Where the share of rows that disagree is the only one, it stands in the finding; else the sums of a request that
    is compared alone are its values.
    """
    means = about.means()
    if len(means) > 1:
        return [_values(means, about.compare([pair], rules)[1]) for pair in pairs]
    found, _ = about.compare(pairs, rules)
    rows = [row_count(production) for production, _ in pairs]
    return [{means[0].name: share(one.disagreeing.bit_count(), count)} for one, count in zip(found, rows, strict=True)]


def _values(means: Sequence[Definition], sums: HeadSums) -> dict[str, int]:
    return {each.name: getattr(sums, each.sums[0]) for each in means if getattr(sums, each.sums[1])}
