"""What holds of every kind of output: of its comparison, and of the sums that a comparison makes."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import msgspec

from comparators.compare.rules import HeadRules
from comparators.extract.output import Value
from comparators.statistics.sums import Sums

Pairs = Sequence[tuple[Value, Value]]


def a_cut_changes_no_bit(kind: ModuleType, pairs: Pairs, cut: int, rules: HeadRules) -> None:
    """Sums over two batches, merged, are the sums over both at once; each pair has one finding."""
    findings, whole = kind.compare(pairs, rules)
    first, parts = kind.compare(pairs[:cut], rules)
    second, rest = kind.compare(pairs[cut:], rules)
    parts.merge(rest)
    assert parts == whole
    assert first + second == findings
    assert len(findings) == len(pairs)


def are_stored_as_they_are(sums: Sums) -> None:
    """As summary.py writes and reads them: whatever came with the traffic can be encoded."""
    stored = msgspec.json.encode(msgspec.to_builtins(sums, str_keys=True))
    found: Any = msgspec.json.decode(stored, type=type(sums))
    assert found == sums
