"""JSON pointers, many at once."""

import pytest

from records.privacy.pointers import pointer_tree


def hidden(document: object, *pointers: str) -> object:
    tree = pointer_tree(pointers)
    assert tree is not None
    return tree.replaced(document, lambda _: "X")


@pytest.mark.parametrize(
    ("pointers", "result"),
    [
        (["/user"], {"user": "X", "rows": [{"id": 1}, {"id": 3}], "a/b": {"~": 5}}),
        (["/user/name"], {"user": {"name": "X"}, "rows": [{"id": 1}, {"id": 3}], "a/b": {"~": 5}}),
        (["/rows/0/id"], {"user": {"name": "n"}, "rows": [{"id": "X"}, {"id": 3}], "a/b": {"~": 5}}),
        (["/rows/*/id"], {"user": {"name": "n"}, "rows": [{"id": "X"}, {"id": "X"}], "a/b": {"~": 5}}),
        (["/*"], {"user": "X", "rows": "X", "a/b": "X"}),
        (["/a~1b/~0"], {"user": {"name": "n"}, "rows": [{"id": 1}, {"id": 3}], "a/b": {"~": "X"}}),
        (["/*/0/id", "/rows/1"], {"user": {"name": "n"}, "rows": [{"id": "X"}, "X"], "a/b": {"~": 5}}),
        ([""], "X"),
        (["/none", "/rows/9"], {"user": {"name": "n"}, "rows": [{"id": 1}, {"id": 3}], "a/b": {"~": 5}}),
        (["/user/name/deeper"], {"user": {"name": "n"}, "rows": [{"id": 1}, {"id": 3}], "a/b": {"~": 5}}),
    ],
)
def test_what_a_pointer_reaches_is_replaced(pointers: list[str], result: object) -> None:
    """Names, indices, any of either, escapes, the whole, and nothing where nothing is."""
    document = {"user": {"name": "n"}, "rows": [{"id": 1}, {"id": 3}], "a/b": {"~": 5}}
    assert hidden(document, *pointers) == result


def test_the_document_given_in_is_left_as_it_was() -> None:
    """Hiding builds anew and changes nothing in place."""
    document = {"rows": [{"id": 1}]}
    hidden(document, "/rows/*/id")
    assert document == {"rows": [{"id": 1}]}


def test_text_that_is_no_pointer_is_refused() -> None:
    """A pointer that does not start with a slash says how one looks."""
    with pytest.raises(ValueError, match=r"'user\.name' is no JSON pointer"):
        pointer_tree(["user.name"])


def test_no_pointers_make_no_tree() -> None:
    """Nothing to reach, nothing to walk."""
    assert pointer_tree([]) is None
