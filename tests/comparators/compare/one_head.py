"""One output by its pointer, under rules of its own: what the tests of the kinds begin with."""

from types import ModuleType

from comparators.compare.finding import Finding
from comparators.compare.rules import HeadRules, rules_for
from comparators.extract.output import Value
from comparators.settings import CompareSettings, HeadSettings


def ruled(pointer: str, **own: object) -> HeadRules:
    """`own`: settings of this head alone."""
    heads = (HeadSettings(pointer=pointer, **own),) if own else ()  # type: ignore[arg-type]
    found = rules_for(CompareSettings(heads=heads), pointer)
    assert found is not None
    return found


def one(kind: ModuleType, production: Value, candidate: Value, rules: HeadRules) -> Finding:
    """What one request's two outputs are found to be."""
    (found,), _ = kind.compare([(production, candidate)], rules)
    return found
