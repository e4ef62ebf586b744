"""Hiding: what is redacted is no dimension, and no value of one."""

import pytest

from comparators.slices.conditions import Condition, is_hidden
from records.privacy.redaction import PREFIX
from tests.comparators.extract.asked import CSV, tensor
from tests.comparators.made import view_hiding
from tests.comparators.slices.asked import enumerated, equals, ranged, read, words


def hidden(**settings):
    return view_hiding(**settings).hidden


@pytest.mark.parametrize(
    ("pointer", "body"),
    [
        ("/inputs/*/data", {"inputs": [tensor("ssn", [1])]}),
        ("/inputs/3/data/0", {"inputs": [tensor("ssn", [1])]}),
        ("/inputs", {"inputs": [tensor("ssn", [1, 2, 3, 4], [2, 2])]}),
        ("/inputs/ssn", {"inputs": {"ssn": [1, 2]}}),
        ("/inputs/*", {"inputs": {"ssn": [[1, 2]]}}),
        ("/instances/*/ssn", {"instances": [{"ssn": 1}]}),
        ("/instances/*/1", {"instances": [["a", 1]]}),
        ("/dataframe_split/data/*/0", {"dataframe_split": {"columns": ["ssn"], "data": [[1]]}}),
        ("/dataframe_records/*/ssn", {"dataframe_records": [{"ssn": 1}]}),
        ("/*/ssn", [{"ssn": 1}]),
        ("/0/ssn", [{"ssn": 1}]),
        ("/user/ssn", {"user": {"ssn": 1}}),
        ("/user", {"user": {"ssn": 1}}),
        ("/ssn/*", {"ssn": [1, 2]}),
        ("", {"ssn": 1}),
        ("/instances/*/user/ssn", {"instances": [{"user": {"ssn": 1}}]}),
        ("/instances/*/ssn", {"instances": [{"ssn": [0.5, 1.5]}]}),
        ("/instances/0/user", {"instances": [{"user": [{"ssn": 1}, {"ssn": 2}]}]}),
        ("/trip/legs/*/ssn", {"trip": {"legs": [{"ssn": 1}]}}),
        ("/trip/legs/3", {"trip": {"legs": [{"ssn": 1}]}}),
        ("/trip", {"trip": {"legs": [{"ssn": 1}]}}),
        ("/*/trip/legs/*/ssn", [{"trip": {"legs": [{"ssn": 1}]}}]),
        ("/examples/*/ssn", {"examples": [{"ssn": 1}]}),
        ("/context/ssn", {"context": {"ssn": 1}, "examples": [{"age": 1}]}),
    ],
)
def test_a_feature_that_a_pointer_hides_is_no_dimension(pointer, body):
    """In every layout: above it, at it, below it."""
    found = enumerated([read(body, protocol="tf_serving")] * 3, hidden=hidden(redact_pointers=(pointer,)))
    assert not [each for each in words(found) if "ssn" in each or "x1" in each]


def test_a_column_of_csv_is_hidden_by_its_name():
    """As a member of a document of this name would be."""
    asked = read(b"ssn,age\n1,2\n", headers=CSV, protocol="sagemaker_csv")
    assert words(enumerated([asked] * 3, hidden=hidden(redact_pointers=("/ssn",)))) == ["age is missing", "age is 2"]


@pytest.mark.parametrize("pointer", ["/instances/*/ssn", "/inputs/*/parameters", "/user/name"])
def test_what_no_pointer_reaches_is_a_dimension(pointer):
    """Hiding one feature leaves the others."""
    is_hidden = hidden(redact_pointers=(pointer,))
    assert not is_hidden("feature", "age")
    assert not is_hidden("feature", "/user/age")
    assert not is_hidden("pointer", "/user/age")


def test_headers_are_hidden_by_name():
    """In lower case, as they are kept."""
    assert hidden(redact_headers=("X-User",))("header", "x-user")
    assert not hidden(redact_headers=("X-User",))("header", "x-country")


def test_patterns_hide_values_and_names():
    """A number as it would be written; a name that holds an address."""
    is_hidden = hidden(redact_patterns=(r"^\d{16}$", r"\S+@\S+"))
    assert is_hidden("value", "4111111111111111")
    assert is_hidden("feature", "a@b.c")
    assert not is_hidden("value", "42")
    sample = [read({"inputs": [tensor("card", [4111111111111111 + n % 3])]}) for n in range(9)]
    assert words(enumerated(sample, hidden=is_hidden)) == ["card is missing"]


def test_a_pseudonym_is_no_value():
    """What was redacted before storage would say nothing."""
    assert hidden()("value", f"{PREFIX}{'a' * 16}")


@pytest.mark.parametrize(
    ("pattern", "condition"),
    [
        (r'"ssn":\s*"[^"]*"', equals("/ssn", "123-45-6789")),
        (r'"ssn":"[^"]*"', equals("ssn", "123-45-6789")),
        (r'"ssn": \d+', equals("/person/*/ssn", 123456789)),
        (r'"ssn": \d+', ranged("ssn[0]", 123456789, None)),
        (r'"data":\s*\[[^]]*\]', equals("ssn", "123-45-6789")),
        (r"eyJ[\w.-]{80,}", equals("/token", "eyJ" + "a" * 61)),
        (r"\d{16}", equals("/note", "x" * 64)),
        (r"\b40\.0\b", equals("lat", 40.0)),
        ("^ssn$", ranged("ssn[3]", 1, 2)),
        ("müller", Condition("header", "x-user", "equals", "müller".encode().decode("latin-1"))),
    ],
)
def test_a_pattern_that_needs_more_than_the_value_hides_it(pattern, condition):
    """It may span a name and its value; and of a long value only the beginning is known, where it may find nothing."""
    assert is_hidden(condition, hidden(redact_patterns=(pattern,)))


@pytest.mark.parametrize("condition", [equals("/token", "x" * 64), equals("/ssn", "1"), equals("/age", 64)])
def test_a_value_that_nothing_looks_for_is_a_condition(condition):
    """Without patterns a long text is shown by its beginning; with them what they don't find is shown."""
    assert not is_hidden(condition, hidden(redact_pointers=("/other",)))
    assert len(str(condition.value)) == 64 or not is_hidden(condition, hidden(redact_patterns=(r'"other":\s*"[^"]*"',)))


@pytest.mark.parametrize(
    ("pointer", "output", "expected"),
    [
        ("/labels", "/boxes", True),
        ("/labels/*", "/boxes", True),
        ("/detection_classes", "/detection_boxes", True),
        ("/predictions/*/labels", "/predictions/*/boxes", True),
        ("/0/labels", "/*/boxes", True),
        ("/labels", "/scores", True),
        ("/outputs/1/data", "/outputs/boxes", True),
        ("/labels", "/score", False),
        ("/labels", "/detection_boxes", False),
        ("/name", "/boxes", False),
    ],
)
def test_an_output_that_was_put_together_is_hidden_with_each_of_its_parts(pointer, output, expected):
    """What names the boxes stands elsewhere in the answer than the boxes do."""
    assert hidden(redact_pointers=(pointer,))("output", output) is expected
