"""HTML elements that escape by construction: text becomes markup through `tag` alone, and there it is escaped."""

from collections.abc import Sequence
from html import escape

from ground.printable import blanked

_VOID = frozenset({"meta", "path", "rect", "line", "circle"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: object) -> Markup:
    """`<name attributes>children</name>`. A child that is no Markup is text. `class_` stands for class; `-` for `_`."""
    written = "".join(f' {_attribute(key)}="{escape(str(value))}"' for key, value in attributes.items())
    if name in _VOID and not children:
        return Markup(f"<{name}{written}/>" if name != "meta" else f"<meta{written}>")
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    return Markup("".join(each if isinstance(each, Markup) else escape(blanked(each)) for each in children))


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], numeric: frozenset[int] = frozenset()) -> Markup:
    """A table; the columns in `numeric` are set flush right."""

    def cells(name: str, row: tuple[str, ...]) -> Markup:
        return tag("tr", *(tag(name, each, class_="n" if i in numeric else "t") for i, each in enumerate(row)))

    body = tag("tbody", *(cells("td", row) for row in rows))
    return tag("div", tag("table", tag("thead", cells("th", head)), body), class_="wide")


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
