"""Text for a terminal."""

import json

from hypothesis import given
from hypothesis import strategies as st

from ground.printable import blanked, escaped


@given(st.text())
def test_a_blanked_text_is_one_line_that_moves_no_cursor(text):
    """As long as it was, and what can be printed is as it was."""
    found = blanked(text)
    assert found.isprintable()
    assert [a for a, b in zip(found, text, strict=True) if b.isprintable()] == [b for b in text if b.isprintable()]


@given(st.dictionaries(st.text(), st.text()))
def test_escaped_json_is_the_same_and_can_be_printed(value):
    """Characters beyond 16 bits too; line breaks between its parts stay."""
    found = escaped(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(found) == value
    assert all(each.isprintable() or each == "\n" for each in found)
