"""What an answer turns out to be. Values only; comparators/compare knows what to do with each kind."""

from typing import Any

from msgspec import Struct


class Tensor(Struct, frozen=True, gc=False):
    """One named output: its values flat, in row-major order. `len(values)` is the product of `shape`."""

    datatype: str
    shape: tuple[int, ...]
    values: list[Any]


class Tensors(Struct, frozen=True, gc=False):
    """The outputs of one inference, by name, and the model's own word about its version."""

    outputs: dict[str, Tensor]
    version: str = ""


class Document(Struct, frozen=True):
    """Decoded JSON. `plain` is true where it holds no true or false, so that == in Python is == in JSON."""

    value: Any
    plain: bool


class Raw(Struct, frozen=True):
    """A body that is not looked into."""

    data: bytes


Output = Tensors | Document | Raw
