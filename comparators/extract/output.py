"""What an answer turns out to be: its outputs by name, each a typed value. comparators/compare judges them.

An output ("head") is named by its JSON pointer in the answer, as settings, reports and differences name it. A value has
rows: the instances of a batch request. Everything here is frozen and holds values only.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

# The types of numbers in plain JSON, which writes 1.0 and 1 for one number: they are told by how it was written.
JSON_NUMBERS = frozenset({"INT64", "FP64"})


class Tensor(Struct, frozen=True, gc=False):
    """Values of one shape and type, flat in row-major order; `len(values)` is the product of `shape`, rows come first.

    `datatype` is one of the Open Inference Protocol's (FP32, INT64, BOOL, BYTES, …); for numbers of plain JSON INT64
    where all are whole, else FP64. `values` is a list, or a one-dimensional numpy array of that type.
    """

    datatype: str
    shape: tuple[int, ...]
    values: Sequence[Any]


class Column(Struct, frozen=True, gc=False):
    """One JSON value a row, of any form: a label, a list of items, a map of scores, a document."""

    values: list[Any]


class ToolCall(Struct, frozen=True, gc=False):
    """`arguments` is the decoded JSON, or the text itself where it is none."""

    name: str
    arguments: Any


class Text(Struct, frozen=True, gc=False):
    """What a language model said. `finish` is its finish reason in the protocol's own word; "" where it has none."""

    content: str
    finish: str = ""
    refusal: bool = False
    tool_calls: tuple[ToolCall, ...] = ()


class Texts(Struct, frozen=True, gc=False):
    """One text a row (a choice, a completion)."""

    values: list[Text]


class Document(Struct, frozen=True):
    """Decoded JSON as a whole. `plain` is true where it holds no true or false, so that == in Python is == in JSON."""

    value: Any
    plain: bool


class Raw(Struct, frozen=True):
    """A body that is not looked into."""

    data: bytes


Value = Tensor | Column | Texts | Document | Raw


class Usage(Struct, frozen=True, gc=False):
    """Tokens, as the endpoint counted them. `chunks`: events of a streamed answer that carried output, else 0."""

    prompt: int | None = None
    completion: int | None = None
    chunks: int = 0


class Reading(Struct, frozen=True, gc=False):
    """One answer, read: outputs by JSON pointer ("" is the whole body), and the model's own word about its version."""

    heads: dict[str, Value]
    version: str = ""
    usage: Usage | None = None


def rows_of(value: Value) -> int:
    """How many rows a value has: a tensor without dimensions, a document and raw bytes are one."""
    if isinstance(value, Tensor):
        return value.shape[0] if value.shape else 1
    if isinstance(value, Column | Texts):
        return len(value.values)
    return 1
