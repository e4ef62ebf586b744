"""Reads: what is carried of a pair from its reading to whoever counts it."""

import orjson
from msgspec.structs import replace

from comparators.pairs.reads import MAX_VERSION_CHARS, PairReading, StoredPair, production_version, read_batch
from comparators.plans.known_plans import Plans
from comparators.settings import CompareSettings, SliceSettings
from records.nouns import Answer, Body, Pair
from tests.comparators.extract.asked import tensor
from tests.comparators.made import JSON, OIP, answer, oip, pair, versioned

GOOD = answer(oip(p=("FP32", [1], [0.5])))


def asking(production: Answer, carrier: str) -> Pair:
    data = orjson.dumps({"inputs": [tensor("carrier", [carrier], datatype="BYTES")]})
    made = pair(production, production, target=OIP)
    request = replace(made.exchange.request, headers=JSON, body=Body(data, len(data)))
    return replace(made, exchange=replace(made.exchange, request=request))


def reads(*pairs: Pair, slices: tuple[SliceSettings, ...] = ()) -> list[PairReading]:
    plans = Plans(CompareSettings(slices=slices))
    for plan in plans.missing([each.exchange for each in pairs]):
        plans.learn(plan)
    return read_batch(list(map(StoredPair, pairs)), plans)


def test_a_request_is_read_once():
    """Whoever asks for its features, however often, gets the same."""
    (each,) = reads(asking(GOOD, "UA"))
    assert each.features.body == {"carrier": ("UA",)}
    assert each.features is each.features


def test_a_request_that_production_failed_has_features_too():
    """It is read as its kind's answers are, which it has none of."""
    _, failed = reads(asking(GOOD, "UA"), asking(answer({"error": "no"}, status=500), "DL"))
    assert failed.plan is None
    assert failed.features.body == {"carrier": ("DL",)}


def test_dimensions_of_the_settings_are_read_with_the_features():
    """From the same body."""
    (each,) = reads(asking(GOOD, "UA"), slices=(SliceSettings(pointer="/inputs/0/name"),))
    assert list(each.features.chosen.values()) == [["carrier"]]


def test_long_versions_that_begin_alike_are_told_apart():
    """By a digest, within a bound; one that is not too long is kept as it is."""
    told = [versioned("v" * 127 + end) for end in ("1", "1" * 90, "2" * 90)]
    read = [production_version(each) for each in reads(*(pair(own, own) for own in told))]
    names = [each.version for each in read if each]
    assert names[0] == "v" * 127 + "1"
    assert len(set(names)) == 3
    assert max(map(len, names)) == MAX_VERSION_CHARS
