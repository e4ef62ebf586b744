"""The table of protocols. A new one is a file with `read(data) -> Output` and a line here."""

from collections.abc import Callable

from comparators.extract import document, oip
from comparators.extract.document import plain
from comparators.extract.output import Output, Raw
from comparators.extract.plan import Protocol
from records.nouns import Answer

_READERS: dict[Protocol, Callable[[bytes], Output]] = {
    "oip_v2": oip.read,
    "json": document.read,
    "bytes": Raw,
}


def read(protocol: Protocol, answer: Answer, limit: int) -> Output:
    """The answer's output; `Unreadable` where it is not what the protocol says. An empty body is empty in all."""
    data = plain(answer, limit)
    return _READERS[protocol](data) if data else Raw(data)
