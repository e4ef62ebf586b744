"""Pointers and expressions: what they find, and what is refused before an answer comes."""

import json

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.extract.selector import EVALUATION_ERRORS, MAX_GROWTH, MAX_NESTING, selector

DOCUMENT = {"a": [{"b": 1}, {"b": None}, {"c": 2}], "o": {"x": {"b": 3}, "y": {"b": 4}}, "n": None, "0": "zero"}


def find(expression: str, document: object = DOCUMENT) -> object:
    return selector(expression, "it").find(document)


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", DOCUMENT),
        ("/a/0/b", 1),
        ("/a/*/b", [1, None, None]),
        ("/o/*/b", [3, 4]),
        ("/0", "zero"),
        ("/n", None),
        ("/n/b", None),
        ("/a/3", None),
        ("/a/01", None),
        ("/a/-1", None),
        ("/a/\u0661", None),
        ("/a/\u00b2", None),
        ("/a/" + "9" * 900, None),
        ("/a/*/d", None),
        ("/*/0", [{"b": 1}, None, None, None]),
    ],
)
def test_a_pointer_finds_a_place(pointer, found):
    """RFC 6901 §4, and * for all: rows keep their places."""
    assert find(pointer) == found


def test_nothing_of_none_is_an_empty_list():
    """No rows are not rows without anything."""
    assert find("/*/b", []) == []
    assert find("[].{a: a}", []) == []


JSON = st.recursive(
    st.none() | st.integers(-2, 2) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab/~0"), inner, max_size=3),
)


@given(JSON, st.data())
def test_every_place_in_a_document_has_a_pointer(document, data):
    """Walk anywhere: the pointer of the way leads there."""
    pointer, here = "", document
    while isinstance(here, list | dict) and here and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        pointer, here = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}", here[key]
    assert find(pointer, document) == here


@given(JSON, st.sampled_from(["a", "a.b", "[0]", "[*].a", "[].a", "*.a[]", "a || b", "a[?b].a", "[::-1]", "a | [0]"]))
def test_an_expression_finds_what_jmespath_does(document, expression):
    """The library is the oracle."""
    assert find(expression, document) == jmespath.search(expression, document)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("a b", "no JMESPath expression"),
        ("a.", "no JMESPath expression"),
        ("`{", "no JMESPath expression"),
        ("'open", "no JMESPath expression"),
        ("(" * 900, "no JMESPath expression"),
        ("!" * (MAX_NESTING + 1) + "a", "nested more than 50"),
        ("[" * (MAX_NESTING + 1) + "a" + "]" * (MAX_NESTING + 1), "nested more than 50"),
        ("[@,@]|" * 7 + "@", f"more than {MAX_GROWTH} times"),
        ("[@,@][]|" * 7 + "@", f"more than {MAX_GROWTH} times"),
        ("merge(@,@)|" * 7 + "@", f"more than {MAX_GROWTH} times"),
        ("foo(@)", r"no function foo\(\)"),
        ("a[?foo(@)]", r"no function foo\(\)"),
        ("length()", r"length\(\) takes 1 arguments"),
        ("length(a, b)", r"length\(\) takes 1 arguments"),
        ("merge()", r"merge\(\) takes 1 arguments or more"),
        ("&a", "& stands in the arguments"),
        ("[&a]", "& stands in the arguments"),
        ("to_string(&a)", r"argument 1 of to_string\(\) is not an expression after &"),
        ("not_null(a, &a)", r"argument 2 of not_null\(\) is not"),
        ("sort_by(a, b)", r"argument 2 of sort_by\(\) is an expression after &"),
        ("join(glue, a)", "join"),
        ("a" * 1_001, "1,000 characters"),
        ("/a" * 51, "more than 50 steps"),
        ("/~2", "no JSON pointer"),
    ],
)
def test_what_would_fail_on_every_answer_or_grow_without_bounds_is_refused(expression, why):
    """Before the first answer comes."""
    with pytest.raises(ValueError, match=why) as caught:
        selector(expression, "output 'price'")
    assert str(caught.value).startswith("output 'price': ")


PIECES = [
    "a", "b.", "[", "]", "[*]", "[?", "{a: ", "}", "(", ")", "@", "&", "`1`", "`", "'x'", "|", "||", "&&", "!", "==",
    ",", "1", "-", "::", "join(", "map(&", "length(", "to_number(", "/", "~", "*", ".*", " ",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # jmespath's, of literals without quotes
@given(st.text(max_size=8) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join), JSON)
def test_any_text_is_refused_with_a_value_error_or_can_be_evaluated(expression, document):
    """And what it finds is JSON, or it says so with one of the errors that output_selection.py expects."""
    try:
        found = find(expression, document)
    except EVALUATION_ERRORS:
        return
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("expression", ["[@,@,@]|[@,@]", "[a,b,c,d,e,f,g,h]", "a" + ".b" * 400, "[*].[a,{b: b}][]"])
def test_ordinary_expressions_are_not_refused(expression):
    """A long way down is not deep."""
    selector(expression, "it")


GROWING = ["[@,@]", "{a: a, b: b, c: @}", "[*].[@,@][]", "[@,a]|[@,[0]]", "merge(a, b)", "values(a)"]


@given(JSON, st.sampled_from(GROWING))
def test_a_result_holds_each_value_no_more_often_than_allowed(document, expression):
    """However the document is made."""
    try:
        found = find(expression, document)
    except EVALUATION_ERRORS:
        return
    assert _size(found) <= MAX_GROWTH * (_size(document) + 1)


def _size(value: object) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_size, below))


@pytest.mark.parametrize(
    ("expression", "makes"),
    [
        ("a.b[*].c", False),
        ("a || b", False),
        ("[0].a | [1:]", False),
        ("/a", False),
        ("[a, b]", True),
        ("{a: a}", True),
        ("length(a)", True),
        ("a == b", True),
        ("a || 'none'", True),
        ("!a", True),
    ],
)
def test_it_is_known_which_expressions_find_something_everywhere(expression, makes):
    """Even in an error message."""
    assert selector(expression, "it").makes is makes


@pytest.mark.parametrize("expression", ["[x, y]", "{x: x}", "[[x], [y]]", "a[*].[x, {y: y}]"])
def test_nothing_but_null_is_nothing(expression):
    """Of a document that has none of what is selected."""
    assert find(expression) is None
