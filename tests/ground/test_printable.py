"""Text for a terminal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.printable import blanked, escaped, is_seen


@given(st.text())
def test_a_blanked_text_is_one_line_that_moves_no_cursor(text):
    """As long as it was, and what can be seen is as it was."""
    found = blanked(text)
    assert found.isprintable()
    assert [a for a, b in zip(found, text, strict=True) if is_seen(b)] == [b for b in text if is_seen(b)]


@pytest.mark.parametrize(
    "unseen", ["\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u034f", "\ufe0f", "\U000e0100", "\U0001d159"]
)
def test_what_is_printable_and_not_seen_is_a_blank_too(unseen):
    """Fillers and selectors make two names one to the eye; in JSON they are escaped."""
    assert blanked(f"a{unseen}b") == "a b"
    name = json.dumps(unseen, ensure_ascii=False)
    assert escaped(name).isascii()
    assert json.loads(escaped(name)) == unseen


@pytest.mark.parametrize(
    "text", ["na\u00efve", "e\u0301", "\u6f22\u5b57", "\u05d7\u05ea\u05d5\u05dc", "\ud55c\uae00", "\u2764"]
)
def test_what_people_write_stays(text):
    """Accents, also combining ones, and every script."""
    assert blanked(text) == text


@given(st.dictionaries(st.text(), st.text()))
def test_escaped_json_is_the_same_and_can_be_printed(value):
    """Characters beyond 16 bits too; line breaks between its parts stay."""
    found = escaped(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(found) == value
    assert all(each.isprintable() or each == "\n" for each in found)
