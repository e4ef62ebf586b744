"""When values no longer fit their plan: asked at every look, and hardly ever by chance."""

import random

import pytest

from comparators.extract.output import Column, Document, Reading, Tensor
from comparators.plans.fitness import ALPHA, COMMON, FitCount, may_change, silent, speaks, unfit
from comparators.plans.grounds import Grounds
from comparators.plans.plan import Head, Plan
from comparators.settings import ArraySettings, CompareSettings, HeadSettings

SETTINGS = CompareSettings()


def plan(*heads: Head, **changes: object) -> Plan:
    fields = {"method": "POST", "path": "/x", "model": "", "protocol": "json", "decided_by": "body", "answers": 30}
    return Plan(heads=heads, **{**fields, **changes})  # type: ignore[arg-type]


def numbers(*values: float) -> Reading:
    datatype = "INT64" if all(type(each) is int for each in values) else "FP64"
    return Reading({"/y": Tensor(datatype, (len(values),), list(values))})


LABELS = plan(Head("/y", "label", "values", grounds=Grounds(answers=30)))
SILENT = plan(Head("/y", "json", "values", grounds=Grounds(empty=30)))


@pytest.mark.parametrize(
    ("answer", "of", "expected"),
    [
        (numbers(1, 2), LABELS, 0),
        (numbers(0.25), LABELS, 1),
        (Reading({"/y": Column(["yes"])}), LABELS, 0),
        (Reading({"/y": Column(["a text of rather more words than any label has"])}), LABELS, 1),
        (Reading({"/y": Tensor("INT64", (1,), [1]), "/new": Tensor("INT64", (1,), [1])}), LABELS, 1),
        (Reading({}), LABELS, 0),
        (None, LABELS, 1),
        (None, plan(protocol="chosen", decided_by="settings"), 0),
        (numbers(0.25), plan(Head("/y", "label", "settings")), 0),
        (Reading({"/y": Document({"a": 1}, True)}), plan(Head("/y", "json", "values")), 0),
    ],
)
def test_an_answer_fits_as_its_outputs_kinds_read_them(answer: Reading | None, of: Plan, expected: int) -> None:
    """What settings say fits by definition; an output that no answer had had, or one that can't be read, does not."""
    assert unfit([answer], of, SETTINGS) == expected


DOCUMENT = plan(Head("", "json", "values", grounds=Grounds(answers=30, different=1)))


def test_a_document_that_has_outputs_does_not_fit() -> None:
    """Unless settings say that it is one, or how its arrays are compared."""
    answered = Reading({"": Document({"score": 0.5}, True)})
    assert unfit([answered, Reading({"": Document({"status": "ok"}, True)})], DOCUMENT, SETTINGS) == 1
    by_settings = plan(*DOCUMENT.heads, decided_by="settings")
    arranged = CompareSettings(arrays=(ArraySettings(pointer="/items", by="set"),))
    assert unfit([answered], by_settings, SETTINGS) == unfit([answered], DOCUMENT, arranged) == 0


@pytest.mark.parametrize(("different", "expected"), [(3, 2), (10, 2), (11, 0), (90, 0)])
def test_an_output_that_hardly_varied_fits_while_it_is_of_its_kind(different: int, expected: int) -> None:
    """What thirty answers with a value each say is not undone by two of another kind."""
    head = Head("/y", "score", "values", grounds=Grounds(answers=30, different=different))
    rows = [Reading({"/y": Tensor("FP64", (1, 3), [each, 0.5, 0.5 - each])}) for each in (0.25, 0.125)]
    assert unfit(rows, plan(head), SETTINGS) == expected
    others = [Reading({"/y": Tensor("FP64", (1, 3), [each, 0.5, 0.7])}) for each in (0.25, 0.125)]
    assert unfit(others, plan(head), SETTINGS) == 0


def test_what_is_not_looked_at_fits() -> None:
    """An ignored output is compared by nothing."""
    ignoring = CompareSettings(ignore=("/y",), heads=(HeadSettings(pointer="/other", kind="score"),))
    assert unfit([numbers(0.25)], LABELS, ignoring) == 0


def test_an_output_that_was_always_empty_speaks_with_its_first_value() -> None:
    """An empty list says nothing of what the lists hold."""
    assert (silent(SILENT), silent(LABELS)) == (["/y"], [])
    assert speaks(Reading({"/y": Column(["a"])}), ["/y"])
    assert not speaks(Reading({"/y": Column([])}), ["/y"])
    assert not speaks(Reading({"/x": Column(["a"])}), ["/y"])
    assert not speaks(None, ["/y"])


@pytest.mark.parametrize("share", [0.02, COMMON])
def test_rare_misfits_hardly_ever_ask_however_often_one_looks(share: float) -> None:
    """At each of 500 looks: in 400 streams the chance of even one is a third, of three a hundredth."""
    chance, asked = random.Random(5), 0
    for _ in range(400):
        count = FitCount(1)
        for _ in range(500):
            count = count.more(2, sum(chance.random() < share for _ in range(2)))
            if count.is_common():
                asked += 1
                break
    assert asked <= 3
    assert 400 * ALPHA < 1


@pytest.mark.parametrize(("share", "within"), [(1.0, 20), (0.5, 60), (0.3, 200)])
def test_common_misfits_are_soon_found(share: float, within: int) -> None:
    """In 19 of 20 streams at least."""
    chance, found = random.Random(6), 0
    for _ in range(100):
        count = FitCount(1)
        for _ in range(within):
            count = count.more(1, int(chance.random() < share))
            if count.is_common():
                found += 1
                break
    assert found >= 95


def test_who_was_asked_in_vain_is_not_asked_again_before_twice_as_much_was_seen() -> None:
    """A plan that stays as it was must not be decided anew with every batch."""
    again = FitCount(1, n=40, unfit=40).asked().more(79, 79)
    assert not again.is_common()
    assert again.more(1, 1).is_common()


def test_what_settings_say_stays() -> None:
    """Values have no say in it."""
    assert may_change(LABELS)
    assert may_change(plan(Head("/y", "label", "settings")))
    assert not may_change(plan(Head("/y", "label", "settings"), decided_by="settings"))
