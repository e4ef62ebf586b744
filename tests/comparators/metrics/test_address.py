"""Addresses: one spelling, which comes through a shell and a URL, and says what is wrong with another."""

import shlex
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comparators.errors import MisspeltAddress
from comparators.metrics.address import MetricAddress, Requirement, parse

# Of paths, models, features and values: whatever means something to the grammar, a shell or a URL, and the rest.
TEXTS = st.text(st.sampled_from(" :/|=,@%+&#?.!*~'\"\\$;()[]{}<>\n-_aZ019é漢") | st.characters(), max_size=20)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
READ_OTHERWISE = (
    "null",
    "true",
    "1",
    "-0.5",
    "1e3",
    "10..20",
    "..",
    "007",
    "007..9",
    '"x"',
    '"',
    "",
    "1e999",
    "a..b",
    " 5",
    "1e 5",
    "1.. 5",
)
DIMENSIONS = st.tuples(st.sampled_from(("feature", "pointer")), TEXTS) | st.tuples(
    st.just("header"), TEXTS.map(str.lower)
)
VALUES = TEXTS | st.sampled_from(READ_OTHERWISE) | NUMBERS | st.booleans()
REQUIREMENTS = (
    st.builds(lambda of: Requirement.missing(*of), DIMENSIONS)
    | st.builds(lambda of, value: Requirement.equals(*of, value), DIMENSIONS, VALUES)
    | st.builds(lambda of, *ends: Requirement.within(*of, *ends), DIMENSIONS, *[st.none() | NUMBERS] * 2)
)
ADDRESSES = st.builds(
    MetricAddress,
    st.from_regex(r"[a-z0-9_]+(\.[a-z0-9_]+)*", fullmatch=True),
    *[st.none() | TEXTS] * 4,
    slice=st.lists(REQUIREMENTS, max_size=3).map(tuple),
)
LATE = MetricAddress("disagreement.rate", "root", "new", "POST /v1/models/late:predict")
LLAMA = MetricAddress("text.exact", None, "new", "POST /v1/chat/completions model=Llama-3:8b", "/*")
SLICED = MetricAddress(
    "disagreement.rate", candidate="a|b", request="POST /a b",
    slice=(
        Requirement.equals("feature", "carrier", "AA"),
        Requirement.within("feature", "dep_delay", 10, 20.5),
        Requirement.missing("header", "x-region"),
    ),
)  # fmt: skip


@given(ADDRESSES)
@example(LATE)
@example(LLAMA)
@example(SLICED)
def test_parsing_reads_what_printing_wrote(address):
    """Whatever the names and values are."""
    assert parse(str(address)) == address


@given(ADDRESSES)
def test_an_address_is_one_plain_word_to_a_shell(address):
    """Nothing of it is a blank, a quote, a wild card or a command."""
    assert shlex.split(str(address)) == [str(address)]
    assert set(str(address)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:=@,+%")


@given(ADDRESSES)
def test_an_address_comes_through_a_url_as_any_value_does(address):
    """Encoded once more, as a query's values are."""
    (read,) = parse_qs(urlencode({"metric": str(address)}))["metric"]
    assert parse(read) == address


@pytest.mark.parametrize("address", [LATE, LLAMA])
def test_an_address_without_odd_characters_may_be_pasted_into_a_url(address):
    """A + is a blank on both sides, and nothing else of it means something to a URL."""
    (read,) = parse_qs(f"metric={address}")["metric"]
    assert parse(read) == address


@pytest.mark.parametrize(
    ("address", "spelled"),
    [
        (MetricAddress("coverage.ratio"), "coverage.ratio"),
        (LATE, "disagreement.rate@route=root,candidate=new,request=POST+/v1/models/late:predict"),
        (LLAMA, "text.exact@candidate=new,request=POST+/v1/chat/completions+model=Llama-3:8b,output=/%2A"),
        (SLICED, "disagreement.rate@candidate=a%7Cb,request=POST+/a+b,slice=carrier=AA,slice=dep_delay=10..20.5,"
                 "slice=header:x-region=null"),
        (MetricAddress("json.disagreement", output=""), "json.disagreement@output="),
    ],
)  # fmt: skip
def test_the_spelling_is_the_same_for_ever(address, spelled):
    """Policies and alerts keep it."""
    assert str(address) == spelled


def test_values_that_look_alike_are_told_apart():
    """1 and "1", true and "true", a range and a text that looks like one, missing and "null"."""
    alike = [("1", 1), ("true", True), ("null", None), (True, 1), ("10..20", (10, 20))]
    for one, other in alike:
        tests = [_test(each) for each in (one, other)]
        assert tests[0] != tests[1]
    assert _test(40.0) == _test(40) == "40"
    assert _test(1e20) == _test(10**20)
    assert _test(10**20 + 1) != _test(10**20)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 10**400, -(10**400)])
def test_a_number_of_the_traffic_that_no_double_holds_is_spelled_all_the_same(value):
    """A binary tensor may have it; no address breaks a report."""
    assert str(MetricAddress("a", slice=(Requirement.equals("feature", "x", value),))).startswith("a@slice=x=")


def _test(value):
    if value is None:
        return Requirement.missing("feature", "x").test
    if isinstance(value, tuple):
        return Requirement.within("feature", "x", *value).test
    return Requirement.equals("feature", "x", value).test


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('a@slice=x="AA"', "a@slice=x=AA"),
        ("a@slice=x=1.0", "a@slice=x=1"),
        ("a@slice=x=010", "a@slice=x=010"),
        ("a@slice=x=1e1..2e1", "a@slice=x=10..20"),
        ("a@slice=feature:x=1", "a@slice=x=1"),
        ("a@slice=header:X-Region=EU", "a@slice=header:x-region=EU"),
        ("a@candidate=b,route=c", "a@route=c,candidate=b"),
        ("a@request=POST /b*", "a@request=POST+/b%2A"),
    ],
)  # fmt: skip
def test_other_ways_to_write_an_address_mean_the_same(written, meant):
    """The order of parts, needless quotes and encoding are no matter."""
    assert str(parse(written)) == meant


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a name stands first"),
        ("Disagreement rate", "a name stands first"),
        ("@candidate=new", "a name stands first"),
        ("a@", "is no part; there are route, candidate, request, output, slice"),
        ("a@candidat=new", "did you mean candidate?"),
        ("a@candidate", "right is candidate=VALUE"),
        ("a@candidate=b,candidate=c", "two parts candidate; a comma within a text is %2C"),
        ("a@candidate=b,c", "'c' is no part"),
        ("a@slice=carrier", "right is slice=carrier=VALUE"),
        ("a@slice=haeder:x-region=eu", "there are feature, header, pointer, hour; did you mean header?"),
        ("a@slice=x:y=eu", "a colon in a feature's name is %3A"),
        ("a@slice=x=1e999", "1e999 is more than a number can be; as a text it is %221e999%22"),
        ("a@slice=x=10..-1e999", "is more than a number can be"),
        ("a@slice=x=+5", "right is 5, or as a text %22+5%22"),
        ("a@slice=x=1e+5", "right is 1e5, or as a text %221e+5%22"),
        ("a@slice=x=1..+5", "right is 1..5"),
        ("a@candidate=50%", "in '50%' the % at 2 has no two hexadecimal digits; %25 is %"),
        ("a@candidate=%FF", "is not UTF-8"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_what_would_be_right(text, words):
    """The text itself stands in the error."""
    with pytest.raises(MisspeltAddress) as refused:
        parse(text)
    assert words in str(refused.value)
    assert repr(text) in str(refused.value)


@given(st.text())
def test_any_text_is_an_address_or_refused(text):
    """Nothing else comes of it."""
    try:
        address = parse(text)
    except MisspeltAddress:
        return
    assert parse(str(address)) == address
