"""What `--map` says: keys and columns, constants, captures by name, and words for what is wrong."""

import pytest

from loadtest.errors import SourceError
from loadtest.sources.formats import CAPTURES, format_of
from loadtest.sources.mapping import KEYS, ColumnMap, parts_of


def _columns(mapping: str) -> ColumnMap:
    (form,) = format_of(mapping).forms
    return form.columns


def test_a_key_is_a_column_or_the_same_in_each_row() -> None:
    """KEY=COLUMN names a column, a dotted path among them; KEY==VALUE is the value itself."""
    found = _columns("request=in.body,at=ts,answer=out,method==PUT,target==/score?a=b")
    assert found.columns == {"request": "in.body", "at": "ts", "answer": "out"}
    assert found.constants == {"method": "PUT", "target": "/score?a=b"}


def test_a_column_with_a_comma_stands_in_quotes() -> None:
    """As in CSV."""
    found = _columns('"request=body, as sent",at=ts')
    assert found.columns == {"request": "body, as sent", "at": "ts"}


def test_path_and_body_are_other_words() -> None:
    """For target and request."""
    found = _columns("body=b,path=p")
    assert found.columns == {"request": "b", "target": "p"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the mapping is empty"),
        ("request=body,anwser=out", "'anwser' is no key of a mapping; did you mean answer?"),
        ("request=body,zzz=out", f"'zzz' is no key of a mapping; the keys are {', '.join(KEYS)}"),
        ("request=body,request==x", "request is mapped twice"),
        ("request=body,at", "'at' maps nothing: at=COLUMN, or at==VALUE"),
        ("request=", "'request=' maps nothing"),
        ("at=ts", "a mapping needs request=COLUMN"),
        ("request=body,latency_ms=took", "latency_ms says something of an answer, and none is mapped"),
        ("request=body,at_unit==min", "at_unit is one of s, ms, us, ns, not 'min'"),
        ("request=body,at_unit=column", "at_unit is the same for all rows"),
        ("databricks,only=served_entity_id", "only is the same for all rows"),
        ("request=body,only==e1", "only== chooses one of several deployments, and this tells none"),
        ("sagemaker,only==AllTraffic", "give the directory of one as SOURCE"),
        ("request=body,request_encoding==base46", "did you mean base64?"),
        ("sagemeker", "'sagemeker' is no capture that is known; did you mean sagemaker?"),
        ('"request=body', "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_words(text: str, words: str) -> None:
    """What was given, what would be right, and the nearest word."""
    with pytest.raises(SourceError) as refusal:
        format_of(text)
    assert words in str(refusal.value)


def test_a_capture_can_be_changed_by_what_follows_its_name() -> None:
    """Every map of it, and only where something is said."""
    found = format_of("databricks,target==/serving-endpoints/risk/invocations,session=requester")
    maps = [each.columns for each in found.forms]
    assert [each.constants["target"] for each in maps] == ["/serving-endpoints/risk/invocations"] * 3
    assert [each.columns["session"] for each in maps] == ["requester"] * 3
    assert [each.columns["at"] for each in maps] == ["request_time", "timestamp_ms", "event_time"]
    assert found.check is CAPTURES["databricks"].check


def test_a_constant_takes_the_place_of_a_column_and_the_other_way_round() -> None:
    """No key is in both."""
    base = ColumnMap.parse(["request=body", "method==POST"])
    changed = base.changed_by(ColumnMap.parse(["request==x", "method=verb"]))
    assert (changed.columns, changed.constants) == ({"method": "verb"}, {"request": "x"})


@pytest.mark.parametrize("name", sorted(CAPTURES))
def test_each_capture_is_a_map_that_could_have_been_given(name: str) -> None:
    """They are nothing but maps, and rules beside them."""
    for form in format_of(name).forms:
        each = form.columns
        each.check()
        parts = [f"{key}={column}" for key, column in each.columns.items()]
        parts += [f"{key}=={value}" for key, value in each.constants.items()]
        assert ColumnMap.parse(parts_of(",".join(parts))) == each
