"""What a report proposes to ignore, and what it never does."""

import pytest

from comparators.evidence.hints import volatile_paths
from comparators.settings import CompareSettings, HeadSettings, ReadingSettings
from tests.comparators.made import VIEW, answer, judged, pair


def proposed(make, settings=None) -> list[str]:
    """Paths, of sixty answers a side that `make` makes of an id."""
    sides = (tuple(answer(make(f"{way}{i:08x}c0ffee", i)) for way in "ab") for i in range(60))
    (own,) = judged([pair(*both, number=i) for i, both in enumerate(sides)], settings).summary.plans.values()
    return [each.path for each in volatile_paths(own, VIEW)]


def test_an_id_beside_an_answer_is_proposed():
    """Whether the answer differs or not."""
    assert proposed(lambda name, _: {"id": name, "score": 0.5}) == ["/id"]
    assert proposed(lambda name, i: {"id": name, "score": i + len(name) * ord(name[0])}) == ["/id"]


@pytest.mark.parametrize(
    "make",
    [
        lambda name, _: {"token": name},
        lambda name, i: {"token": name, "at": f"2026-11-26T{10 + ord(name[0]) % 2}:00:{i:02}Z"},
        lambda name, _: {"result": {"tokens": [name, f"{name}1"]}},
    ],
    ids=["one", "two", "an array"],
)
def test_all_that_an_answer_holds_is_never_proposed(make):
    """Without it nothing would be compared."""
    assert proposed(make) == []


def test_what_is_ignored_already_is_nothing_that_would_be_left():
    """An id stays, where the settings leave out all else."""
    settings = CompareSettings(ignore=("/score",))
    assert proposed(lambda name, _: {"id": name, "score": 0.5}, settings) == []


def test_all_that_one_of_several_outputs_holds_may_be_proposed():
    """The others are still compared."""
    outputs = {"a": "/a", "b": "/b"}
    heads = tuple(HeadSettings(pointer=f"/{name}", kind="json") for name in outputs)
    settings = CompareSettings(heads=heads, readings=(ReadingSettings(path="/score", outputs=outputs),))
    assert proposed(lambda name, i: {"a": {"id": name}, "b": {"n": i}}, settings) == ["/a/*/id"]
    assert proposed(lambda name, _: {"a": {"id": name}, "b": {"id": name}}, settings) == []
