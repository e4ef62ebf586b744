"""What a report proposes to ignore, and what it never does."""

from zlib import crc32

import pytest

from comparators.evidence.hints import always_other_paths, volatile_paths
from comparators.settings import CompareSettings, HeadSettings, ReadingSettings
from comparators.view import View
from tests.comparators.made import VIEW, answer, judged, pair, view_hiding


def proposed(make, settings=None) -> list[str]:
    """Paths, of sixty answers a side that `make` makes of an id."""
    sides = (tuple(answer(make(f"{way}{i:08x}c0ffee", i)) for way in "ab") for i in range(60))
    (own,) = judged([pair(*both, number=i) for i, both in enumerate(sides)], settings).summary.plans.values()
    return [each.path for each in volatile_paths(own, VIEW)]


def test_an_id_beside_an_answer_is_proposed():
    """Whether the answer differs or not."""
    assert proposed(lambda name, i: {"id": name, "score": i / 60}) == ["/id"]
    assert proposed(lambda name, i: {"id": name, "score": i + len(name) * ord(name[0])}) == ["/id"]


@pytest.mark.parametrize(
    "make",
    [
        lambda name, _: {"token": name},
        lambda name, i: {"token": name, "at": clock(ord(name[0]), i)},
        lambda name, _: {"result": {"tokens": [name, f"{name}1"]}},
    ],
    ids=["one", "two", "an array"],
)
def test_all_that_an_answer_holds_is_never_proposed(make):
    """Without it nothing would be compared."""
    assert proposed(make) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda name, i: {"elapsed": (i + 1) * (1.1 if name[0] == "a" else 2.3) ** 0.5 + hash_of(name), "route": "x"},
        lambda name, i: {"eta": 1_790_000_000 + 7 * i + ord(name[0]) * hash_of(name), "route": "x"},
        lambda name, _: {"id": name, "score": 0.5},
        lambda name, _: {"id": name, "label": "late"},
        lambda name, i: {"id": name, "route": "x", "flag": name[0] == "b" and i % 3 == 0},
        lambda name, i: {"elapsed": hash_of(name), "stops": [{"at": "x"}, {"at": "y"}]},
    ],
    ids=["a duration", "a time", "a score", "a label", "a flag of the candidate's", "an array"],
)
def test_nothing_is_proposed_where_the_rest_of_productions_answers_is_always_the_same(make):
    """Whatever it looks like, it is all that production says."""
    assert proposed(make) == []


@pytest.mark.parametrize("field", ["elapsed", "eta"])
def test_what_follows_productions_is_not_proposed(field):
    """A duration that is doubled and a time that is an hour late are a model's, beside what varies; a clock is not."""

    def made(name, i):
        is_other = name[0] == "b"
        value = {"elapsed": (1 + is_other) * (i * 37 % 61 + 0.5), "eta": 1_790_000_000 + 7 * i + 3600 * is_other}
        return {field: value[field], "route": f"route {i % 7}"}

    assert proposed(made) == []
    assert proposed(lambda name, i: {field: hash_of(name), "route": f"route {i % 7}"}) == ["/elapsed"][: field < "es"]


def hash_of(name: str) -> float:
    return crc32(name.encode()) / 2**32


def test_what_is_ignored_already_is_nothing_that_would_be_left():
    """An id stays, where the settings leave out all else."""
    settings = CompareSettings(ignore=("/score",))
    assert proposed(lambda name, _: {"id": name, "score": 0.5}, settings) == []


def clock(side, i) -> str:
    """Each second of a minute once, on either side in an order of its own."""
    return f"2026-11-26T{10 + side % 2}:00:{i * (6 * side + 1) % 60:02}Z"


def test_all_that_one_of_several_outputs_holds_may_be_proposed():
    """The others are still compared."""
    outputs = {"a": "/a", "b": "/b"}
    heads = tuple(HeadSettings(pointer=f"/{name}", kind="json") for name in outputs)
    settings = CompareSettings(heads=heads, readings=(ReadingSettings(path="/score", outputs=outputs),))
    assert proposed(lambda name, i: {"a": {"id": name}, "b": {"n": i}}, settings) == ["/a/*/id"]
    assert proposed(lambda name, _: {"a": {"id": name}, "b": {"id": name}}, settings) == []


def others(make, view: View = VIEW) -> list[tuple[str, str, str, str]]:
    """Paths at which every answer differs and that are not proposed, of sixty answers a side."""
    sides = (tuple(answer(make(way == "b", i)) for way in "ab") for i in range(60))
    (own,) = judged([pair(*both, number=i) for i, both in enumerate(sides)]).summary.plans.values()
    found = always_other_paths(own, volatile_paths(own, view), view)
    return [(each.path, each.how, each.production, each.candidate) for each in found]


def drawn(is_candidate, i) -> int:
    return int(hash_of(f"{is_candidate} {i}") * 10**9)


@pytest.mark.parametrize("name", ["version", "modelVersion", "build", "served_by_host"])
def test_what_the_service_says_of_itself_is_proposed(name):
    """A constant on either side, by its name; never where it is all that there is."""
    assert proposed(lambda side, i: {name: f"v{1 + (side[0] == 'b')}", "route": f"r{i % 7}"}) == [f"/{name}"]
    assert proposed(lambda side, _: {name: f"v{1 + (side[0] == 'b')}", "route": "x"}) == []


@pytest.mark.parametrize("name", ["request_id", "traceId", "seq"])
def test_a_number_that_tells_requests_apart_is_proposed(name):
    """By its name; also where the candidate counts as production does, from another number on."""
    assert proposed(lambda side, i: {name: drawn(side[0], i), "route": f"r{i % 7}"}) == [f"/{name}"]
    assert proposed(lambda side, i: {name: 10_000 + i + 500 * (side[0] == "b"), "route": f"r{i % 7}"}) == [f"/{name}"]


def test_what_always_differs_is_told_with_its_values():
    """A number that may be an id or a price, and a word that may be a version or all that a model ever says."""
    (found,) = others(lambda is_candidate, i: {"ref": drawn(is_candidate, i), "route": f"r{i % 7}"})
    assert found[:2] == ("/ref", "number")
    assert all(each.isdigit() for each in found[2:])
    said = others(lambda is_candidate, i: {"verdict": "late" if is_candidate else "early", "route": f"r{i % 7}"})
    assert said == [("/verdict", "constant", "early", "late")]
    assert others(lambda is_candidate, i: {"n": 3 + is_candidate, "route": f"r{i % 7}"}) == [
        ("/n", "constant", "3", "4")
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda is_candidate, i: {"price": drawn(False, i) + is_candidate, "route": "x"},
        lambda is_candidate, i: {"verdict": f"{is_candidate} {i % 3}"},
        lambda is_candidate, i: {"risk": hash_of(f"{is_candidate} {i}")},
        lambda is_candidate, i: {"verdict": "late" if is_candidate and i % 3 else "early"},
    ],
    ids=["a price that is one more", "words", "fractions", "not always"],
)
def test_what_a_model_says_is_not_told_as_always_another(make):
    """Prices that follow production's, words that vary, fractions; and what does not always differ."""
    assert others(make) == []


def test_the_values_told_are_those_that_may_be_seen():
    """By patterns, and by the place of the path."""

    def made(is_candidate, i):
        return {"who": "Alice" if is_candidate else "Bob", "route": f"r{i % 7}"}

    assert others(made, view_hiding(redact_patterns=("Alice|Bob",)))[0][2:] != ("Bob", "Alice")
    assert others(made, view_hiding(redact_pointers=("/who",)))[0][2:] == ("(redacted)", "(redacted)")
