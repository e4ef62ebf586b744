"""Examples: what of a pair a person is shown."""

import pytest

from comparators.pairs.examples import MAX_EXCERPT_CHARS, Example, example
from records.nouns import Answer
from tests.comparators.made import GZIPPED, JSON, VIEW, answer, compared, pair


def shown(production: Answer, target: str = "/score") -> Example:
    one = pair(production, answer({"x": 1}), target=target)
    return example(one, compared([one])[0], VIEW)


@pytest.mark.parametrize("headers", [JSON, GZIPPED])
def test_an_excerpt_says_how_many_characters_of_the_whole_body_it_leaves_out(headers):
    """Characters, not bytes, and of the body as it reads."""
    said = shown(answer({"x": "\u00e4" * 5_000}, headers=headers)).production
    assert said.excerpt == '{"x":"' + "\u00e4" * (MAX_EXCERPT_CHARS - 6)
    assert len(said.excerpt) + said.left_out == 5_000 + len('{"x":""}')


def test_a_short_body_is_shown_whole():
    """And so are the size of one that is no text, and a short target."""
    found = shown(answer({"x": 2}))
    assert (found.production.excerpt, found.production.left_out) == ('{"x":2}', 0)
    assert (found.request, found.request_left_out, found.asked_left_out) == ("POST /score", 0, 0)
    assert shown(answer(b"\0" * 5_000)).production.left_out == 0


def test_of_a_body_that_was_not_recorded_whole_nobody_knows_how_much_is_left_out():
    """Nothing is claimed."""
    assert shown(answer(b"x" * 5_000, cut=True)).production.left_out is None


def test_a_long_target_says_how_much_of_it_is_left_out():
    """Clients choose its length."""
    found = shown(answer({"x": 2}), target="/" + "q" * 999)
    assert found.request == "POST /" + "q" * (MAX_EXCERPT_CHARS - 1)
    assert found.request_left_out == 1_000 - MAX_EXCERPT_CHARS
