"""Production asked twice: how its second answer differs from its first, beside how the candidate's differs. Pure.

Each such request is compared alone: so the sums that a kind of output makes of it are its own values, and those of the
two answers can be paired (noise_sums.py).
"""

from comparators.compare.finding import Finding
from comparators.compare.kinds import HeadSums, paired_values
from comparators.extract.output import Reading
from comparators.pairs.comparison import Noise, OutputValues
from comparators.pairs.heads import PlanRules, compare_heads
from comparators.statistics.exact import ONE, share


def settled_noise(found: Finding) -> Noise:
    """Of a second answer that differs before it is even read, or has no output as the first has none."""
    return Noise(ONE if found.disagreeing else 0, found.differences)


def compared_noise(production: Reading, candidate: Reading | None, again: Reading, rules: PlanRules) -> Noise:
    """`again` is production's second answer; None is a candidate without an answer that could be read."""
    compared = compare_heads([(production, again)], rules)
    (found,), (rows,) = compared.found, compared.rows
    outputs = {} if candidate is None else _outputs(production, candidate, compared.sums, rules)
    return Noise(share(found.disagreeing.bit_count(), rows), found.differences, outputs)


def _outputs(
    production: Reading, candidate: Reading, again: dict[str, HeadSums], rules: PlanRules
) -> dict[str, OutputValues]:
    """Of the outputs that all three answers have."""
    own = compare_heads([(production, candidate)], rules).sums
    return {pointer: paired_values(own[pointer], sums) for pointer, sums in again.items() if pointer in own}
