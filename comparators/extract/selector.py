"""One part of a JSON document, by JSON pointer (RFC 6901) or JMESPath expression (jmespath.org), compiled beforehand.

A pointer's * stands for all elements of an array, or all members of an object, in their order; one that has nothing at
the rest of the path is null there, so that rows keep their places. JMESPath's projections leave such elements out.

What an expression can make of a hostile document is bounded here, before the first one comes: how deep it is nested, by
how much its result can outgrow the document, and nothing it calls can fail on every one. Pure; output_selection.py
calls this.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions

from records.privacy.pointers import ANY, tokens_of

MAX_EXPRESSION_CHARS = 1_000
MAX_NESTING = 50  # of an expression; evaluating takes a few frames of the stack a level
MAX_GROWTH = 100  # how often one value of a document can be in a result

# What `find` raises for data of other types than an expression is for; jmespath's own errors are ValueErrors.
EVALUATION_ERRORS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

# Nodes that answer for a document which has nothing of what they look for: [null, null], "0 elements", false.
_MAKERS = frozenset({
    "multi_select_list", "multi_select_dict", "function_expression", "comparator", "not_expression", "literal",
})  # fmt: skip

Node = Any  # of jmespath's syntax tree: a dict with type, children and perhaps a value


class Selector(NamedTuple):
    """`find` gives None where there is nothing. `makes`: it may also give what is in no document."""

    find: Callable[[Any], Any]
    makes: bool


def selector(expression: str, what: str) -> Selector:
    """Raises ValueError that starts with `what` and says what is wrong. "" is the whole document."""
    if len(expression) > MAX_EXPRESSION_CHARS:
        raise ValueError(f"{what}: its expression has more than {MAX_EXPRESSION_CHARS:,} characters")
    try:
        if not expression or expression.startswith("/"):
            return _by_pointer(expression)
        return _by_expression(expression)
    except ValueError as error:
        raise ValueError(f"{what}: {expression!r}: {error}") from error


# ---- JSON pointers


def _by_pointer(pointer: str) -> Selector:
    if "~" in pointer.replace("~0", "").replace("~1", ""):
        raise ValueError("no JSON pointer: ~ stands before 0 or 1 alone (RFC 6901)")
    tokens = tokens_of(pointer)
    if len(tokens) > MAX_NESTING:
        raise ValueError(f"more than {MAX_NESTING} steps")
    return Selector(lambda document: _at(document, tokens), makes=False)


def _at(value: Any, tokens: Sequence[str]) -> Any:
    for place, token in enumerate(tokens):
        if token == ANY and type(value) in (list, dict):
            below = [_at(each, tokens[place + 1 :]) for each in (value.values() if type(value) is dict else value)]
            return None if below and all(each is None for each in below) else below
        value = _step(value, token)
        if value is None:
            return None
    return value


def _step(value: Any, token: str) -> Any:
    if type(value) is dict:
        return value.get(token)
    if type(value) is list and token.isascii() and token.isdigit():
        index = int(token)
        return value[index] if index < len(value) and str(index) == token else None
    return None


# ---- JMESPath


def _by_expression(expression: str) -> Selector:
    try:
        compiled = jmespath.compile(expression)
    except (JMESPathError, *EVALUATION_ERRORS) as error:
        raise ValueError(f"no JMESPath expression: {str(error).partition(chr(10))[0]}") from error
    tree: Node = {"type": "whole", "children": [compiled.parsed]}
    nodes = _nodes(tree)
    for node in nodes:
        _check(node)
    if _growth(tree) > MAX_GROWTH:
        raise ValueError(f"a value of the answer can be in its result more than {MAX_GROWTH} times")
    if _MAKERS.isdisjoint(node["type"] for node in nodes):
        return Selector(compiled.search, makes=False)
    return Selector(lambda document: _unless_null(compiled.search(document)), makes=True)


def _unless_null(found: Any) -> Any:
    """None where it holds nothing but null, as [a, b] and [].{a: a} do of a document that has neither."""
    level = [found]
    for _ in range(MAX_NESTING):
        level = [each for each in level if each is not None]
        if not level:
            return None
        if not all(type(each) in (list, dict) and each for each in level):
            return found
        level = [inner for each in level for inner in (each.values() if type(each) is dict else each)]
    return found


def _nodes(tree: Node) -> list[Node]:
    """All of them. Raises ValueError for a tree too deep to recurse into."""
    found: list[Node] = []
    level = [tree]
    for _ in range(MAX_NESTING):
        found += level
        level = [child for node in level for child in _children(node)]
        if not level:
            return found
    raise ValueError(f"nested more than {MAX_NESTING} levels deep")


def _children(node: Node) -> list[Node]:
    """A slice's are numbers, not nodes."""
    return [child for child in node["children"] if type(child) is dict]


def _check(node: Node) -> None:
    """Raises ValueError for what would fail, or mean nothing, whatever the answer."""
    if node["type"] == "function_expression":
        _check_call(node["value"], node["children"])
    elif any(child["type"] == "expref" for child in _children(node)):
        raise ValueError("& stands in the arguments of a function alone")


def _check_call(name: str, arguments: Sequence[Node]) -> None:
    if name not in Functions.FUNCTION_TABLE:
        raise ValueError(f"there is no function {name}()")
    signature: Sequence[Any] = Functions.FUNCTION_TABLE[name]["signature"]
    variadic = bool(signature) and bool(signature[-1].get("variadic"))
    if len(arguments) < len(signature) or (len(arguments) > len(signature) and not variadic):
        raise ValueError(f"{name}() takes {len(signature)} arguments{' or more' if variadic else ''}")
    for number, argument in enumerate(arguments):
        wanted = "expref" in signature[min(number, len(signature) - 1)]["types"]
        if wanted is not (argument["type"] == "expref"):
            raise ValueError(f"argument {number + 1} of {name}() is {'' if wanted else 'not '}an expression after &")
    if name == "join" and arguments[0]["type"] != "literal":
        raise ValueError("join() takes a literal for its glue: out of an answer it could be of any length")


def _growth(node: Node) -> int:
    """How often one value of a document can be in the result, at most: side by side adds up, in a row multiplies."""
    below = [_growth(child) for child in _children(node)]
    if node["type"] in ("multi_select_list", "multi_select_dict"):
        return sum(below)
    product = math.prod(below)
    return max(product, sum(below)) if node["type"] == "function_expression" else product
