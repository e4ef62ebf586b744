"""Bytes that nothing is known about: the same, or not."""

from collections.abc import Sequence

from comparators.compare.found import AGREES, Found, disagrees
from comparators.compare.tolerance import Rules
from comparators.extract.output import Raw


def compare(pairs: Sequence[tuple[Raw, Raw]], _rules: Rules) -> list[Found]:
    return [AGREES if production.data == candidate.data else disagrees("bytes") for production, candidate in pairs]
