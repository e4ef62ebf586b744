"""JSON pointers (RFC 6901), many at once, with `*` for any key or index. Pure.

Compiled into one tree, so that a document is walked once and only where a pointer leads. redaction.py calls this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

ANY = "*"


class PointerTree:
    """What may follow in a document: children by token; `ends` where a pointer reaches its value."""

    __slots__ = ("children", "ends")

    def __init__(self) -> None:
        self.children: dict[str, PointerTree] = {}
        self.ends = False

    def replaced(self, value: Any, by: Callable[[Any], Any]) -> Any:
        """`value` with `by(x)` for each x that a pointer reaches. Nothing is changed in place."""
        if self.ends:
            return by(value)
        if isinstance(value, dict):
            return {key: self._below(key, item, by) for key, item in value.items()}
        if isinstance(value, list):
            return [self._below(str(index), item, by) for index, item in enumerate(value)]
        return value

    def _below(self, token: str, value: Any, by: Callable[[Any], Any]) -> Any:
        leading = [child for child in (self.children.get(token), self.children.get(ANY)) if child is not None]
        if any(child.ends for child in leading):
            return by(value)
        for child in leading:
            value = child.replaced(value, by)
        return value

    def add(self, tokens: list[str]) -> None:
        node = self
        for token in tokens:
            node = node.children.setdefault(token, PointerTree())
        node.ends = True


def pointer_tree(pointers: Iterable[str]) -> PointerTree | None:
    """None where there is no pointer. Raises ValueError for text that is no pointer."""
    tree: PointerTree | None = None
    for pointer in pointers:
        tree = tree or PointerTree()
        tree.add(tokens_of(pointer))
    return tree


def tokens_of(pointer: str) -> list[str]:
    """The pointer's reference tokens, unescaped. Raises ValueError for text that is no pointer."""
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON pointer: it starts with '/', as in '/inputs/*/data'")
    # RFC 6901 §4: first ~1, then ~0, so that "~01" becomes "~1".
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
