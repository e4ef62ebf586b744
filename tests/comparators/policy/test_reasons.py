"""A reason is a string, and its names can be told from its words."""

from hypothesis import given
from hypothesis import strategies as st

from comparators.metrics.document import Code
from comparators.policy.reasons import in_short, quoted, span, told_apart, unquoted


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_name_comes_back_as_a_name(one, other):
    """Whatever it is, backquotes in it too, and nothing of it is taken for our words."""
    assert told_apart(f"nothing of {quoted(one)} and {quoted(other)} yet") == (
        "nothing of ", Code(one.replace("`", "'")), " and ", Code(other.replace("`", "'")), " yet",
    )  # fmt: skip


def test_an_empty_name_is_none():
    """It is left out."""
    assert told_apart(f"of {quoted('')}!") == ("of ", "!")


def test_without_marks_a_reason_is_its_words():
    """For where names are not told apart."""
    assert unquoted(f"of {quoted('2')} yet") == "of 2 yet"


def test_an_address_in_short_leaves_out_what_all_have():
    """Route and candidate stand above; a misspelt address stays as it is."""
    assert in_short("a.b@route=root,candidate=new,request=POST+/x,output=/y") == "a.b@request=POST+/x,output=/y"
    assert in_short("A b") == "A b"


def test_a_length_of_time_is_said_in_a_unit_that_fits():
    """Two of a unit at least."""
    said = {0: "0 seconds", 0.2: "1 second", 119: "119 seconds", 120: "2 minutes", 7_200: "2 hours", 172_800: "2 days"}
    assert {seconds: span(seconds) for seconds in said} == said
