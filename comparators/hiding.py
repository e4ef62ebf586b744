"""Which dimensions, values and keys a person must not see, by the rules that redact what is shown: never a slice.

A rule names a place in a body, a feature has a name: wherever some request may hold a feature of this name where some
rule leads, the feature is hidden. That hides too much rather than too little. What stands below a hidden place is part
of what is hidden there: keys as much as values.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Literal

from comparators.extract.together import parts_of
from records.privacy.pointers import ANY, PointerTree, tokens_of
from records.privacy.redaction import PREFIX, Redaction

Hideable = Literal["feature", "header", "pointer", "hour", "output", "value", "beginning"]
# Whether a dimension of this kind and name (hour: of a feature), an output by its pointer, a value as it is written, or
# a value of which the beginning alone is known, must not be seen.
Hidden = Callable[[Hideable, str], bool]

_ELEMENT = re.compile(r"(.*)\[\d+\]")
_UNNAMED = re.compile(r"x(\d+)")
_WHOLE = re.compile(r"-?\d+")
# What a value stands behind in an answer or a request, where not behind its own name; "name" is a tool's too.
_MEMBERS = ("data", "name", "label", "id", "finish_reason")
_ROWS = ("inputs", "instances", "dataframe_records", "examples")  # whose elements are rows


def hidden_by(redaction: Redaction, kind: Hideable, name: str) -> bool:
    """As `Hidden` says it, under these rules."""
    if PREFIX in name or redaction.text(name) != name:  # a pseudonym says nothing to a reader
        return True
    if kind == "value":
        return False
    # A pattern may match only the whole. To ask it of the wholes in a sample would not do: later values that begin so
    # count with these, and patterns change.
    if kind == "beginning":
        return bool(redaction.patterns)
    if redaction.patterns and any(redaction.text(each) != each for each in _tokens(name)):  # as a body has them
        return True
    if kind == "header":
        return name.encode("latin-1", "replace") in redaction.headers
    if redaction.pointers is None:
        return False
    if kind == "output":
        places = _places_of_output(tokens_of(name))
    else:
        places = [tokens_of(name)] if kind == "pointer" else _places(name)
    return any(_meets(redaction.pointers, place) for place in places)


def may_find_hidden(redaction: Redaction, expression: str) -> bool:
    """Whether a JSON pointer, or a JMESPath expression, may find what is hidden in a body. An expression is taken to
    where its own names lead, and everywhere where it has none.
    """
    tree = redaction.pointers
    if tree is None:
        return False
    if not expression or expression.startswith("/"):
        return _meets(tree, tokens_of(expression))
    return (
        tree.ends
        or any(mark in expression for mark in "*@")
        or any(token == ANY or token in expression for token in tree.children)
    )


def as_written(named: str, value: str, is_text: bool = True) -> Iterator[str]:
    """A value by itself, and behind its name as JSON has both: a pattern may span the two. `named`: a feature, or a
    pointer. A text is written as a number too, since a label's name tells only that it is written like one; a whole
    number also with a fraction, which neither labels nor conditions keep.
    """
    if _WHOLE.fullmatch(value):
        yield from as_written(named, f"{value}.0", is_text=False)
    yield value
    names = [each for each in _tokens(named) if each and each != ANY and not each.isdecimal()]
    forms = [json.dumps(value, ensure_ascii=False), value] if is_text else [value]
    for name, form in product((*names[-1:], *_MEMBERS), forms):
        member = json.dumps(name, ensure_ascii=False)
        yield from (f"{member}:{form}", f"{member}: {form}", f"{member}:[{form}]", f"{member}: [{form}]")


def _tokens(named: str) -> list[str]:
    """Of a pointer, or of a feature that is called by one name."""
    element = _ELEMENT.fullmatch(named)
    return tokens_of(named) if named.startswith("/") else [element.group(1) if element else named]


def tokens_in_sight(redaction: Redaction, tokens: Sequence[str]) -> int:
    """How many of the first tokens of a path in an answer may be seen; what follows stands below a hidden place."""
    tree = redaction.pointers
    if tree is None:
        return len(tokens)
    found = [_depth(tree, tokens)]
    if len(tokens) > 1 and tokens[0] == "outputs":  # the inference protocol's: the name stands inside of its output
        found += [
            _depth(tree, ("outputs", None, *tokens[2:])),
            2 if _is_hidden(tree, ("outputs", None, "data")) else None,
        ]
        found += [1 if _is_hidden(tree, ("outputs", None, "name")) else None]
    return min((each for each in found if each is not None), default=len(tokens))


def _places_of_output(tokens: list[str]) -> Iterable[Sequence[str | None]]:
    """An output of the inference protocol is named; in the answer it has an index, and its values are below `data`. One
    that was put together from parts stands in the place of each of them.
    """
    yield tokens
    for part in parts_of(tokens[-1]) if tokens else ():
        yield (*tokens[:-1], part)
    if len(tokens) > 1:
        yield (tokens[0], None, *tokens[2:])
        yield (tokens[0], None, "data")


def _places(feature: str) -> Iterable[Sequence[str | None]]:
    """Where a request may have a feature of this name; None is some index.

    A column of CSV has no place that a pointer could lead to, so one at the top hides it by its name.
    """
    element = _ELEMENT.fullmatch(feature)
    name = element.group(1) if element else feature
    unnamed = _UNNAMED.fullmatch(feature)
    yield ("inputs", None, "data")
    yield ("inputs", name, None)
    yield ("dataframe_split", "data")
    for key in (name, unnamed.group(1)) if unnamed else (name,):
        yield from _places_in_rows((key,))
    if name.startswith("/"):
        yield from _places_in_rows(tokens_of(name))


def _places_in_rows(tokens: Sequence[str]) -> Iterable[Sequence[str | None]]:
    """Of a member of a row, or of a document."""
    yield tokens
    yield (None, *tokens)
    yield ("context", *tokens)
    for rows in _ROWS:
        yield (rows, None, *tokens)


def _meets(tree: PointerTree, place: Sequence[str | None]) -> bool:
    """Whether a pointer of the tree leads to the place, above it or below it; * being any token on either side."""
    if tree.ends or not place:
        return True
    return any(_meets(child, place[1:]) for token, child in tree.children.items() if _may_be(token, place[0]))


def _depth(tree: PointerTree, place: Sequence[str | None]) -> int | None:
    """How many tokens of the place lead to the first that is hidden as a whole; None where none is."""
    if tree.ends:
        return 0
    if not place:
        return None
    below = (_depth(child, place[1:]) for token, child in tree.children.items() if _may_be(token, place[0]))
    return min((depth + 1 for depth in below if depth is not None), default=None)


def _is_hidden(tree: PointerTree, place: Sequence[str | None]) -> bool:
    return _depth(tree, place) is not None


def _may_be(token: str, placed: str | None) -> bool:
    if ANY in (token, placed):
        return True
    return token.isdecimal() if placed is None else token == placed
