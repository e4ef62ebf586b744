"""A batch of pairs: what is compared, what is not comparable, and what then disagrees."""

import pytest

from comparators.compare.finding import IN_WORDS
from comparators.extract.version import ModelVersion
from comparators.pairs.batch import compare_batch, summary_of
from comparators.pairs.reads import candidate_version, production_version
from comparators.settings import CompareSettings
from records.reasons import INCOMPARABLE
from tests.comparators.made import GZIPPED, OIP, answer, compared, failure, observation, oip, pair, planned, read

SCORE = answer({"score": 0.5})


def one(production, candidate, **changes):
    """The last of two pairs: the first one decides the plan by a good answer."""
    target = changes.get("target", "/score")
    first = answer(oip(x=("FP32", [1], [1.0]))) if target == OIP else SCORE
    return compared([pair(first, first, target=target), pair(production, candidate, **changes)])[1]


@pytest.mark.parametrize(
    ("production", "candidate", "kind"),
    [
        (SCORE, answer({"score": 0.5}), None),
        (SCORE, answer({"score": 0.500001}), None),
        (SCORE, answer({"score": 0.5}, headers=GZIPPED), None),
        (SCORE, answer({"score": 0.9}), "value"),
        (SCORE, answer({"score": 0.5}, 201), None),
        (SCORE, failure("timeout"), "failed"),
        (SCORE, failure("too_large"), "failed"),
        (SCORE, answer({"error": "x"}, 503), "failed"),
        (SCORE, answer({"error": "x"}, 422), "failed"),
        (SCORE, answer(b"", 302), "status"),
        (SCORE, answer(b"<html>"), "unreadable"),
        (SCORE, answer(b'{"score":0.5}', cut=True), "unreadable"),
        (SCORE, answer(b"not gzip", headers=((b"content-encoding", b"gzip"),)), "unreadable"),
        (answer({"a": 1}), answer(b""), "kind"),
        (answer({}, 400), answer({}, 422), None),
        (answer({}, 400), SCORE, "status"),
        (answer({}, 500), SCORE, "status"),
        (answer({}, 500), failure("connect"), "status"),
        (answer(b"", 204), answer(b"", 204), None),
    ],
)
def test_a_comparable_pair_agrees_or_disagrees(production, candidate, kind):
    """A candidate that failed or can't be read where production answered is compared, and disagrees."""
    found = one(production, candidate)
    assert found.incomparable == ""
    assert found.rows_disagreeing == (kind is not None)
    assert [each.kind for each in found.differences] == ([] if kind is None else [kind])
    assert kind is None or kind in IN_WORDS


def test_an_empty_answer_is_another_kind_and_has_no_outputs():
    """Each output that production has is missing."""
    assert [*one(SCORE, answer(b"")).differences] == [("missing", "/score"), ("kind", "")]


@pytest.mark.parametrize(
    ("production", "reason"),
    [
        (failure("connect"), "production_unreadable"),
        (answer(b"<html>"), "production_unreadable"),
        (answer(b"?", headers=((b"content-encoding", b"compress"),)), "production_unreadable"),
        (answer(b'{"score":', cut=True), "capture_cut"),
    ],
)
@pytest.mark.parametrize("candidate", [SCORE, failure(), answer(b"<html>")])
def test_production_alone_decides_whether_a_pair_is_comparable(production, reason, candidate):
    """If the candidate had a say, leaving its failures out would bend the rate."""
    found = one(production, candidate)
    assert found.incomparable == reason
    assert reason in INCOMPARABLE


def test_what_cannot_be_read_is_never_a_match():
    """The same unreadable bytes on both sides agree on nothing."""
    assert one(answer(b"<html>"), answer(b"<html>")).incomparable == "production_unreadable"


def test_answers_of_the_inference_protocol_are_compared_by_their_outputs():
    """Another id, model name and version are no difference; the version is told."""
    production = oip("3", x=("FP64", [2], [0.25, 0.5]))
    candidate = {**oip("4-onnx", x=("FP32", [2, 1][:1], [0.25, 0.5])), "id": "other", "model_name": "ported"}
    found = one(answer(production), answer(candidate), target=OIP)
    assert (found.rows_disagreeing, found.rows) == (0, 2)


def versions(production, candidate):
    """As the epoch of a pair is told."""
    pairs = [pair(answer(oip(x=("FP64", [1], [1.0]))), SCORE, target=OIP), pair(production, candidate, target=OIP)]
    last = read(pairs, planned(pairs, CompareSettings()))[1]
    return production_version(last), candidate_version(last)


def test_an_answer_tells_its_models_version():
    """Where the protocol has one."""
    own, other = (answer(oip(version, x=("FP64", [1], [1.0]))) for version in ("3", "4-onnx"))
    assert versions(own, other) == (ModelVersion("3"), ModelVersion("4-onnx"))


def test_the_endpoints_own_word_about_its_version_wins():
    """Its headers are set on purpose; a failure without any tells nothing."""
    production = observation(answer(oip("3", x=("FP64", [1], [1.0]))), version="2026.1", build="ab12")
    assert versions(production, failure()) == (ModelVersion("2026.1", "ab12"), None)


def test_a_claimed_version_is_bounded():
    """It becomes part of keys and pages."""
    production, _ = versions(answer(oip("v" * 5000, x=("FP64", [1], [1.0]))), failure())
    assert len(production.version) == 128


def test_two_models_and_a_health_probe_behind_one_prefix_have_their_own_rates():
    """One model always disagrees, one never, the probe not at all: no rate is diluted by another."""
    pairs = []
    for i in range(20):
        a, b = (answer(oip(x=("FP64", [1], [value]))) for value in (0.1, 0.9))
        pairs += [pair(a, b, target="/v2/models/a/infer"), pair(a, a, target=f"/v2/models/b/infer?n={i}")]
        pairs.append(pair(answer(b"ok", headers=()), answer(b"ok", headers=()), target="/ping"))
    summary = summary_of(pairs, planned(pairs, CompareSettings()))
    rates = {name: (own.requests_disagreeing, own.compared) for name, own in summary.plans.items()}
    assert rates == {
        "POST /v2/models/a/infer": (20, 20),
        "POST /v2/models/b/infer": (0, 20),
        "POST /ping": (0, 20),
    }


def test_a_batch_gives_what_its_pairs_give_alone():
    """Vectorising over a batch changes no result."""
    pairs = [
        pair(answer(oip(x=("FP64", [2], [i / 7, 1.0]))), answer(oip(x=("FP64", [2], [i / 7, 1.0 + i % 2]))), target=OIP)
        for i in range(30)
    ]
    plans = planned(pairs, CompareSettings())
    alone = [compare_batch(read([each], plans), plans).comparisons[0] for each in pairs]
    assert compare_batch(read(pairs, plans), plans).comparisons == alone


def test_an_empty_batch_is_empty():
    """No pairs, no comparisons."""
    assert compared([]) == []
