"""Pairs in turns: what is held at once is bounded, and where a turn ends changes nothing."""

import gzip

import pytest
from msgspec.structs import replace

from comparators.pairs.judging import judge, read_all
from comparators.pairs.reads import PairReading, StoredPair
from comparators.pairs.turns import TURN_BYTES, are_light, turns, unpacked
from comparators.settings import CompareSettings
from records.codec import Codec
from records.nouns import Answer, Body, Headers, Pair
from records.weight import MAX_PARSED_BYTES, SMALL_BYTES, parsed_bytes
from tests.comparators.made import GZIPPED, answer, pair, planned, read

CODEC = Codec()

LIMIT = 67_108_864
GOOD = answer({"score": 1})
LISTS = b"[" + b",".join([b"[]"] * 4_000_000) + b"]"  # 12 MB that parse to 290


def coded(body: bytes) -> Answer:
    return answer(body, headers=GZIPPED)


def of(pairs: list[Pair], limit: int = LIMIT) -> list[list[str]]:
    return [[each.pair.exchange.id for each in turn] for turn in turns(map(StoredPair, pairs), limit)]


def one(production: Answer, candidate: Answer, limit: int = LIMIT, **more: object) -> PairReading:
    """As it is read when it comes through here."""
    made = pair(production, candidate, **more)
    ((stored,),) = turns([StoredPair(made)], limit)
    (found,) = read_all([stored], planned([pair(GOOD, GOOD)], CompareSettings()))
    return found


def test_few_pairs_are_one_turn() -> None:
    """In their order."""
    assert of([pair(GOOD, coded(b'{"score":1}'), number=i) for i in range(5)]) == [["x0", "x1", "x2", "x3", "x4"]]


def test_many_large_answers_are_several_turns() -> None:
    """Each within its bound, and no pair is lost."""
    large = coded(b'"' + b"a" * 30_000_000 + b'"')
    pairs = [pair(large, coded(b'"%d"' % i), number=i) for i in range(10)]
    found = list(turns(map(StoredPair, pairs), LIMIT))
    assert [each.pair.exchange.id for turn in found for each in turn] == [f"x{i}" for i in range(10)]
    assert len(found) > 2
    for turn in found:
        assert sum(parsed_bytes(each.pair.exchange.production.outcome.body.data) for each in turn) <= TURN_BYTES


def test_an_answer_of_productions_that_is_over_has_its_own_reason() -> None:
    """Whether it is too long unpacked, or would grow too much when it is parsed."""
    assert one(coded(b"1" * 5_000), GOOD, limit=4_096).incomparable == "production_too_large"
    assert one(coded(LISTS), GOOD).incomparable == "production_too_large"
    assert one(answer(LISTS), GOOD).incomparable == "production_too_large"
    assert one(Answer(200, GZIPPED, Body(b"?", 1)), GOOD).incomparable == "production_unreadable"


def test_an_answer_of_the_candidates_that_is_over_disagrees() -> None:
    """Had it a say in what is comparable, leaving pairs out would bend the rate."""
    for found in (one(GOOD, coded(b"1" * 5_000), limit=4_096), one(GOOD, coded(LISTS))):
        assert found.incomparable == ""
        assert found.settled is not None
        assert [kind for kind, _ in found.settled.differences] == ["unreadable"]


def test_an_error_is_judged_by_its_status() -> None:
    """Its text is not the model's, whatever it would unpack to."""
    failed = Answer(500, GZIPPED, Body(b"no gzip", 7))
    assert one(failed, failed).incomparable == ""
    assert one(failed, failed).settled is not None


def test_the_same_bytes_are_unpacked_once() -> None:
    """On both sides, and in production's second answer."""
    same = coded(b'{"score": 1}')
    plain, _ = unpacked(StoredPair(pair(same, same)), LIMIT)
    own, other = plain.pair.exchange.production.outcome, plain.pair.observation.outcome
    assert isinstance(own, Answer)
    assert isinstance(other, Answer)
    assert own.body.data == b'{"score": 1}'
    assert other.body is own.body
    assert own.headers == GZIPPED[:1]


@pytest.mark.parametrize("coding", ["gzip", "plain"])
def test_turns_change_no_bit(coding: str) -> None:
    """Unpacked before or while being read: the same sums."""
    headers: Headers = GZIPPED if coding == "gzip" else GZIPPED[:1]
    pairs = [
        pair(answer({"score": i}, headers=headers), answer({"score": i % 3}, headers=headers), number=i)
        for i in range(20)
    ]
    plans = planned(pairs, CompareSettings())
    (turn,) = turns(map(StoredPair, pairs), LIMIT)
    direct = judge(read(pairs, plans), plans).summary.to_bytes()
    assert judge(read_all(turn, plans), plans).summary.to_bytes() == direct


def test_small_records_without_coding_are_light() -> None:
    """They are not even looked into."""
    light, bomb = CODEC.encode(pair(GOOD, GOOD)), CODEC.encode(pair(GOOD, coded(b"{}")))
    assert are_light([light] * 1_000, CODEC)
    assert not are_light([light, bomb], CODEC)
    assert not are_light([light, CODEC.encode(pair(GOOD, answer(b" " * (SMALL_BYTES + 1))))], CODEC)
    assert not are_light([CODEC.encode(pair(GOOD, answer(b" " * 500_000)))] * 9, CODEC)


@pytest.mark.parametrize(
    "body",
    [b"[", b"[]", b"{}", b'{"":0}', b"[[[[]]]]", b"1.5", b"1000", b'"ab"', b'{"a":1,"b":[1]}', b"[1]"],
)
def test_what_is_small_is_never_too_heavy(body: bytes) -> None:
    """So that small answers need no weighing."""
    many = b",".join([body] * (SMALL_BYTES // (len(body) + 1)))
    assert parsed_bytes(many) <= MAX_PARSED_BYTES


def asked_with(data: bytes, headers: Headers) -> StoredPair:
    made = pair(GOOD, GOOD)
    request = replace(made.exchange.request, headers=headers, body=Body(data, len(data)))
    return StoredPair(replace(made, exchange=replace(made.exchange, request=request)))


def test_requests_weigh_with_their_answers() -> None:
    """What they ask is held until their pairs are counted."""
    rows = b"[" + b",".join([b"[1]"] * 500_000) + b"]"
    pairs = [asked_with(gzip.compress(rows), GZIPPED) for _ in range(20)]
    found = list(turns(pairs, LIMIT))
    assert sum(map(len, found)) == len(pairs)
    for turn in found:
        assert sum(parsed_bytes(each.pair.exchange.request.body.data) for each in turn) <= TURN_BYTES


def test_a_request_is_unpacked_once() -> None:
    """And one that cannot be stays as it came."""
    plain, broken = (unpacked(asked_with(data, GZIPPED), LIMIT)[0] for data in (gzip.compress(b"{}"), b"?"))
    assert plain.pair.exchange.request.body.data == b"{}"
    assert plain.pair.exchange.request.headers == ((b"content-type", b"application/json"),)
    assert broken.pair.exchange.request.body.data == b"?"
