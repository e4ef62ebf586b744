"""Plans for comparing anew: the stored ones hold, settings override, and what these now decide is decided anew."""

import pytest
from msgspec import structs

from comparators.plans.inference import MAX_SAMPLES
from comparators.plans.known_plans import Plans
from comparators.plans.plan import Head, Plan
from comparators.recompute.plans import Deciding, overridden
from comparators.settings import CompareSettings, HeadSettings, ReadingSettings
from tests.comparators.made import answer, failure, pair

STORED = Plan(
    method="POST", path="/score", model="", protocol="json", decided_by="body", heads=(Head("/a", "label", "values"),)
)
PINNED = Plan(
    method="POST",
    path="/score",
    model="",
    protocol="json",
    decided_by="settings",
    heads=(Head("/a", "score", "settings"),),
)


def settings(**changes: object) -> CompareSettings:
    return CompareSettings(**changes)  # type: ignore[arg-type]


def reading(**changes: object) -> CompareSettings:
    return settings(readings=(ReadingSettings(path="/sc*", **changes),))  # type: ignore[arg-type]


@pytest.mark.parametrize("now", [settings(), settings(atol=0.5), settings(ignore=("/b",)), reading(protocol="json")])
def test_a_plan_holds_while_the_settings_do_not_speak_of_it(now: CompareSettings) -> None:
    """So that numbers differ by what was set alone."""
    assert overridden(STORED, now) == STORED


def test_the_kind_of_an_output_is_overridden() -> None:
    """And the plan says that the settings did it."""
    found = overridden(STORED, settings(heads=(HeadSettings(pointer="/a", kind="score"),)))
    assert found is not None
    assert found.heads == (Head("/a", "score", "settings"),)


@pytest.mark.parametrize("now", [reading(protocol="bytes"), reading(outputs={"a": "/a"})])
def test_another_protocol_or_chosen_outputs_are_decided_anew(now: CompareSettings) -> None:
    """What an answer's outputs are follows from them."""
    assert overridden(STORED, now) is None


def test_what_the_settings_no_longer_say_is_decided_anew() -> None:
    """Protocol and kind alike."""
    assert overridden(PINNED, settings()) is None
    assert overridden(structs.replace(PINNED, heads=STORED.heads), settings()) is None
    assert overridden(PINNED, reading(protocol="json")) is None
    both = settings(
        readings=(ReadingSettings(path="/score", protocol="json"),), heads=(HeadSettings(pointer="/*", kind="score"),)
    )
    assert overridden(PINNED, both) == PINNED


def exchange(number: int, value: float = 0.5, target: str = "/score"):
    return pair(answer({"a": value + number}), failure(), number=number, target=target).exchange


def test_the_first_requests_of_a_wanted_kind_decide() -> None:
    """Of the others none is looked at, nor of those that can't decide; then it has enough."""
    plans = Plans(settings())
    deciding = Deciding(plans, {"POST /score"})
    for number in range(MAX_SAMPLES):
        assert not deciding.has_enough()
        deciding.add(exchange(number))
        deciding.add(exchange(number, target="/other"))
        deciding.add(pair(failure(), failure()).exchange)
    assert deciding.has_enough()
    (plan,) = deciding.decide()
    assert plans.known("POST /score") == plan


def test_without_a_wish_every_kind_that_has_no_plan_is_decided() -> None:
    """For which all pairs must be looked at."""
    plans = Plans(settings())
    plans.learn(STORED)
    deciding = Deciding(plans, None)
    for number in range(3):
        deciding.add(exchange(number))
        deciding.add(exchange(number, target="/other"))
    assert not deciding.has_enough()
    assert [plan.key for plan in deciding.decide()] == ["POST /other"]


def test_nothing_wanted_is_enough() -> None:
    """The usual case: nothing need be read twice."""
    assert Deciding(Plans(settings()), set()).has_enough()
