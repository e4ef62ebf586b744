"""Any JSON, of which settings choose the outputs: by JSON pointer (RFC 6901), or by JMESPath expression (jmespath.org).

For servers whose answers have no form of their own (TorchServe, BentoML, any service). An output's pointer is its name,
"/<name>". One that an answer does not have, or has as null, is not among the heads; an answer with none of them is
Unreadable. What pointers and expressions mean is in selector.py, which compiles them once.

reading.py calls `reader`; whoever parses settings calls `check`, so that what could never be read is refused at start.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from comparators.errors import Unreadable
from comparators.extract.document import parsed
from comparators.extract.output import Reading, Value
from comparators.extract.selector import EVALUATION_ERRORS, Selector, selector
from comparators.extract.shaping import are_names, escaped, refuse_error, value_of
from comparators.settings import ReadingSettings


class _OutputSelector(NamedTuple):
    name: str
    pointer: str
    selector: Selector


class _Selection(NamedTuple):
    outputs: tuple[_OutputSelector, ...]
    version: Selector | None


def check(settings: ReadingSettings) -> None:
    """Raises ValueError that names the output which cannot be read so, and says why."""
    if settings.protocol == "chosen" and not settings.outputs:
        raise ValueError(f"readings for {settings.path!r}: protocol 'chosen' needs outputs, as in {{score = '/score'}}")
    _compiled(settings)


def reader(settings: ReadingSettings) -> Callable[[bytes], Reading]:
    """Raises ValueError as `check` does."""
    selection = _compiled(settings)

    def read(data: bytes) -> Reading:
        body = parsed(data)
        return Reading(_heads(selection.outputs, body), _version(selection.version, body))

    return read


def _compiled(settings: ReadingSettings) -> _Selection:
    outputs = []
    for name, expression in settings.outputs.items():
        if not name or not are_names([name]):
            raise ValueError(f"output {name[:64]!r}: a name has 1 to 128 printable characters")
        outputs.append(_OutputSelector(name, f"/{escaped(name)}", selector(expression, f"output {name!r}")))
    return _Selection(tuple(outputs), selector(settings.version, "version") if settings.version else None)


def _heads(outputs: tuple[_OutputSelector, ...], body: Any) -> dict[str, Value]:
    heads: dict[str, Value] = {}
    are_made = True
    for each in outputs:
        found = _found(each, body)
        if found is not None:
            heads[each.pointer] = value_of(found)
            are_made = are_made and each.selector.makes
    if are_made:  # an expression can make something of an error message too
        refuse_error(body[0] if type(body) is list and len(body) == 1 else body)  # BentoML: a list of one
    if not heads:
        msg = "it has none of the chosen outputs"
        raise Unreadable(msg)
    return heads


def _found(output: _OutputSelector, body: Any) -> Any:
    try:
        return output.selector.find(body)
    except EVALUATION_ERRORS as error:  # its text would quote the answer
        msg = f"output {output.name!r} cannot be evaluated: {type(error).__name__}"
        raise Unreadable(msg) from error


def _version(version: Selector | None, body: Any) -> str:
    """Text or a whole number; anything else tells nothing."""
    if version is None:
        return ""
    try:
        found = version.find(body)
        return str(found) if type(found) in (str, int) else ""
    except EVALUATION_ERRORS:
        return ""
