"""Judges of parts of the same pairs: whether they are about to do the same, and what they find together."""

from __future__ import annotations

from typing import Any

from comparators.settings import CompareSettings
from comparators.view import View
from loadtest.pair_judge import PairJudge
from records.nouns import Exchange, Pair
from records.privacy.redaction import Redaction
from records.settings import KeptSettings
from tests.loadtest.staging import every

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def exchanges(count: int = 60) -> list[Exchange]:
    return [
        Exchange(id=each.id, route="r", revision=1, request=each.request, production=each.production)
        for each in every(1_000, count)
        if each.production is not None
    ]


def judge(key: bytes = KEY, learnt: int = 60, **settings: Any) -> PairJudge:
    compare, redaction = CompareSettings(**settings), Redaction.create(KeptSettings(), key)
    found = PairJudge(compare, candidate="c", route="r", view=View(redaction, compare), redaction=redaction)
    found.learn(exchanges(learnt))
    return found


def pairs() -> list[tuple[int, Pair]]:
    """Every fourth candidate's answer is another one's."""
    each = exchanges()
    answers = [each[(at + (at % 4 == 0)) % len(each)].production for at in range(len(each))]
    return [
        (at, Pair(exchange=own, candidate="c", generation=1, observation=answer, queue_delay_ns=0, warming_up=False))
        for at, (own, answer) in enumerate(zip(each, answers, strict=True))
    ]


def test_judges_that_learnt_the_same_have_one_fingerprint() -> None:
    """Settings, what was learnt, and a key that units are hashed by, make another one; a key that is for shown
    pseudonyms alone does not.
    """
    assert judge().fingerprint() == judge().fingerprint()
    assert judge().fingerprint() == judge(OTHER_KEY).fingerprint()
    assert judge().fingerprint() != judge(atol=0.5).fingerprint()
    assert judge().fingerprint() != judge(learnt=1).fingerprint()
    assert judge(unit="/user").fingerprint() == judge(unit="/user").fingerprint()
    assert judge(unit="/user").fingerprint() != judge(OTHER_KEY, unit="/user").fingerprint()
    assert judge(unit="header:X-User").fingerprint() == judge(OTHER_KEY, unit="header:X-User").fingerprint()


def test_what_two_judges_find_is_what_one_finds() -> None:
    """To the bit, whoever judged which pair."""
    whole, first, second = judge(), judge(), judge()
    whole.add(pairs())
    first.add(pairs()[::2])
    second.add(pairs()[1::2])
    first.merge(second.found)
    assert first.counts == whole.counts
    assert {epoch: each.to_bytes() for epoch, each in first.found.by_epoch.items()} == {
        epoch: each.to_bytes() for epoch, each in whole.found.by_epoch.items()
    }
    assert len(first.found.examples) == len(whole.found.examples) > 0
    assert whole.counts["compared"] == 60
