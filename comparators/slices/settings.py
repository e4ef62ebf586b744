"""Which dimensions of a request an operator wants its disagreement looked at by. Composed by comparators/settings.py.

Here are also the names that all of this package uses for a dimension, whether it was configured or found.
"""

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

Source = Literal["feature", "header", "pointer"]
Hideable = Literal["feature", "header", "pointer", "output", "value"]
# Whether a dimension of this kind and name, an output by its pointer, or a value as it is written, must not be seen.
Hidden = Callable[[Hideable, str], bool]

Name = Annotated[str, Meta(min_length=1)]
Pointer = Annotated[str, Meta(pattern="^/", extra={"right": "a JSON pointer, which begins with /"})]


class Dimension(NamedTuple):
    """What requests are told apart by. A feature is an input of the model, by the name it has in the body."""

    source: Source
    name: str


class SliceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dimension: a header, a feature, or a place in the body."""

    header: Annotated[
        Name | None,
        Meta(description="A request header; others than the built-in ones need kept.headers.", examples=["X-Region"]),
    ] = None
    feature: Annotated[
        Name | None, Meta(description="An input of the model, by the name it has in the request.", examples=["carrier"])
    ] = None
    pointer: Annotated[
        Pointer | None,
        Meta(description="JSON pointer into the request's body; * for any key or index.", examples=["/user/plan"]),
    ] = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.header, self.feature, self.pointer)) != 1:
            raise ValueError("a slice is one of header, feature and pointer")

    @property
    def dimension(self) -> Dimension:
        if self.header is not None:
            return Dimension("header", self.header.lower())
        if self.pointer is not None:
            return Dimension("pointer", self.pointer)
        return Dimension("feature", self.feature or "")


def nothing_hidden(_kind: str, _name: str) -> bool:
    """For who has nothing to hide."""
    return False
