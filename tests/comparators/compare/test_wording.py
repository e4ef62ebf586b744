"""Texts by their wording: published numbers, oracles, caps, and what hostile texts must not cost."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import wording
from comparators.compare.wording import (
    MAX_CHARS,
    MAX_NORMALISED,
    common_words,
    edit_similarity,
    is_json,
    normalised,
    opens_as_refusal,
    rouge_l,
    words,
)

WORDS = st.lists(st.sampled_from("abcd"), max_size=12)


def longest_common(p, c):
    """The textbook's table (Wagner & Fischer 1974), as an oracle."""
    before = [0] * (len(c) + 1)
    for left in p:
        row = [0]
        for place, right in enumerate(c):
            row.append(before[place] + 1 if left == right else max(before[place + 1], row[place]))
        before = row
    return before[-1]


def edit_distance(p, c):
    """The textbook's table again."""
    before = list(range(len(c) + 1))
    for number, left in enumerate(p, 1):
        row = [number]
        for place, right in enumerate(c):
            row.append(min(before[place] + (left != right), before[place + 1] + 1, row[place] + 1))
        before = row
    return before[-1]


# ---- published numbers


@pytest.mark.parametrize(
    ("text", "f1"),
    [("testing", 1 / 2), ("testing two", 4 / 5), ("testing one", 4 / 5), ("testing one two", 1.0), ("nothing", 0.0)],
)
def test_rouge_l_is_that_of_google_research(text, f1):
    """rouge_score's tests, for "testing one two": "testing" has P 1 and R 1/3, "testing two" ROUGE-L F 4/5."""
    assert rouge_l("testing one two", text) == pytest.approx(f1)


def test_the_longest_common_subsequence_of_google_research():
    """rouge_score's own test: [1, 2, 3, 4, 5] and [2, 5, 3, 4] share 2, 3, 4."""
    assert common_words(list("12345"), list("2534")) == 3


def test_the_normalised_similarity_of_kitten_and_sitting():
    """Three edits of seven characters, 0.57142, Levenshtein's textbook example; two empty texts are alike."""
    assert edit_similarity("kitten", "sitting") == pytest.approx(0.57142, abs=1e-5)
    assert edit_similarity("", "") == 1


# ---- oracles and laws


@given(WORDS, WORDS)
def test_common_words_are_those_of_the_textbook(p, c):
    """Against the quadratic table."""
    assert common_words(p, c) == longest_common(p, c)


@given(st.text(max_size=20), st.text(max_size=20))
def test_edit_similarity_is_that_of_the_textbook(p, c):
    """Against the quadratic table, for any characters."""
    longest = max(len(p), len(c))
    assert edit_similarity(p, c) == (1 - edit_distance(p, c) / longest if longest else 1)


@given(st.text(max_size=30), st.text(max_size=30))
def test_similarities_are_symmetric_and_one_for_the_same(p, c):
    """And never outside [0, 1]."""
    for of in (edit_similarity, rouge_l):
        assert 0 <= of(p, c) == of(c, p) <= 1
        assert of(p, p) == 1


def test_words_are_compared_and_not_their_letters():
    """One-letter words and long ones alike; a word's own letters decide nothing."""
    assert rouge_l("a b c", "abc") == 0
    assert rouge_l("a bc d", "bc") == pytest.approx(2 / 4)


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_words_of_ascii_are_those_of_any_text(text):
    """The short way finds what the long way does: with a letter beyond ASCII before it, a text goes the long way."""
    assert words(text) == words(f"é {text}")[1:]


def test_texts_without_words_are_alike_among_themselves():
    """There is no word that differs; against a text with words there is."""
    assert rouge_l("", "!?") == 1
    assert rouge_l("", "word") == 0


# ---- normalisation


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  Hello,\n\tWORLD  ", "hello, world"),
        ("Straße", "strasse"),
        ("e\u0301", "\u00e9"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\u212b", "\u00e5"),
        ("", ""),
        (" \n", ""),
    ],
)
def test_what_a_reader_does_not_see_is_no_difference(text, normal):
    """Case, white space, and several ways to write one character."""
    assert normalised(text) == normal


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("10\u00b2", "102"),
        ("H\u2082O", "H2O"),
        ("1\u00bd", "11\u20442"),
        ("\u2102", "C"),
        ("\uff21\uff11", "A1"),
        ("\u2026", "..."),
    ],
)
def test_a_character_of_another_meaning_is_another_one(text, other):
    """What only Unicode's compatibility forms call the same: powers, indices, fractions, forms of letters."""
    assert normalised(text) != normalised(other)


@given(st.text(max_size=29))
def test_a_text_without_long_runs_is_normalised_as_unicode_says(text):
    """The oracle is Python's unicodedata, in one step."""
    assert normalised(text) == " ".join(unicodedata.normalize("NFC", text).casefold().split())


def test_every_combining_mark_is_one_that_runs_are_cut_at():
    """All characters that decompose to a mark first: no run of these can be longer than a cut."""
    of_runs = wording._RUN
    marks = [
        each
        for each in map(chr, range(sys.maxunicode + 1))
        if unicodedata.combining(unicodedata.normalize("NFD", each)[0])
    ]
    assert len(marks) > 800
    assert all(of_runs.fullmatch(each * 30) for each in marks)


def test_runs_of_marks_cost_no_square_of_their_length():
    """Half a million marks in the worst order would be sorted for minutes; cut, they are sorted in pieces."""
    hostile = "a" + "\u0301\u0327" * 250_000
    assert normalised(hostile).count("\u034f") == len(hostile) // 30


def test_a_run_that_a_script_can_have_is_not_cut():
    """Thirty marks on one letter are normalised as one: the stream-safe format's bound."""
    marks = "\u0301\u0327" * 14
    assert normalised("a" + marks) == normalised("a" + "\u0327" * 14 + "\u0301" * 14)


def test_a_text_beyond_the_cap_stays_as_it_is():
    """It is compared by its characters alone."""
    assert normalised("A" * MAX_NORMALISED) == "a" * MAX_NORMALISED
    longer = "A" * (MAX_NORMALISED + 1)
    assert normalised(longer) is longer


def test_similarities_look_at_the_beginning():
    """What follows the first MAX_CHARS characters changes nothing."""
    same = "word " * (MAX_CHARS // 5) + "x"
    assert edit_similarity(same + "y" * 1_000_000, same + "z" * 1_000_000) == 1
    assert rouge_l(same[:MAX_CHARS] + " other", same[:MAX_CHARS] + " words") == 1


def test_as_many_words_as_fit_have_letters():
    """The shortest different words, on both sides."""
    letters = [chr(code) for code in range(0x4E00, 0x4E00 + MAX_CHARS)]
    own, other = letters[: MAX_CHARS // 2], letters[MAX_CHARS // 2 :]
    assert rouge_l(" ".join(own), " ".join(other)) == 0
    assert rouge_l(" ".join(own), " ".join(own)) == 1


def test_lone_surrogates_are_characters():
    """They come from Python's JSON reader."""
    assert normalised("\ud800 A") == "\ud800 a"
    assert edit_similarity("\ud800a", "\udfffa") == 0.5
    assert rouge_l("\ud800", "a") == 0
    assert not is_json('{"a": "\ud800"}')


# ---- what a text is


@pytest.mark.parametrize(
    "text",
    [
        "I can't help with that.",
        "I\u2019m sorry, but I can\u2019t assist with that request.",
        "I'm sorry. I cannot provide this.",
        "Sorry, I'm unable to do so.",
        "Unfortunately, I am not able to answer.",
        "As an AI language model, I cannot comply.",
        '"I must decline."',
    ],
)
def test_openings_of_refusals_are_known(text):
    """In English, with straight and curly apostrophes, an apology before it or not."""
    assert opens_as_refusal(normalised(text))


@pytest.mark.parametrize(
    "text", ["", "Sorry!", "Sure, I can help.", "You said: I can't help.", "I can't wait!", "But why?"]
)
def test_other_openings_are_none(text):
    """An apology alone refuses nothing."""
    assert not opens_as_refusal(normalised(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', True),
        (" [1, 2]\n", True),
        ('```json\n{"a": 1}\n```', True),
        ("```\n[]\n```", True),
        ('{"a": 1', False),
        ('{"a": 1} and more', False),
        ("{a: 1}", False),
        ("[NaN]", False),
        ("1", False),
        ('"a"', False),
        ("", False),
        ("```", False),
        ("```json```", False),
        ("[" * 100_000, False),
    ],
)
def test_json_is_an_object_or_an_array_and_nothing_else(text, expected):
    """In a fence or not, and strictly."""
    assert is_json(text) is expected
