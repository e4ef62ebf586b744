"""Whole numbers of any size are compared as whole numbers, whichever protocol and kind of output they come by."""

import json
import struct
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparators.compare.tolerance import Rules
from comparators.evidence.request_metrics import head_metrics
from comparators.settings import CompareSettings, HeadSettings, ReadingSettings
from records.nouns import Answer, Headers
from tests.comparators.made import JSON, OIP, answer, compared, judged, oip, pair

EDGES = [2**24, 2**53, 2**63, 2**64, 10**19, 10**30, 1_700_000_000_000_000_000, 10**400]
NEAR = st.builds(
    lambda edge, off, sign: sign * (edge + off), st.sampled_from(EDGES), st.integers(-3, 3), st.sampled_from([1, -1])
)
CSV: Headers = ((b"content-type", b"text/csv"),)
LINES: Headers = ((b"content-type", b"application/jsonlines"),)


class Way(NamedTuple):
    """How an endpoint answers with one whole number."""

    target: str
    body: Callable[[int], bytes]
    headers: Headers = JSON


def dumped(of: Callable[[int], object], target: str = "/score") -> Way:
    return Way(target, lambda number: json.dumps(of(number)).encode())


def chat(number: int) -> object:
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": json.dumps({"id": number})}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}


def ranked(number: int) -> object:
    return {"predictions": [[{"id": number, "score": 0.5}, {"id": "b", "score": 0.25}]]}


def beside_nan(number: int) -> object:
    return oip(late=("INT64", [1, 1], [number]), x=("FP64", [1], [float("nan")]))


def detected(number: int) -> object:
    return {"predictions": [[{"box": [0, 0, 9, 9], "label": number, "score": 0.5}]]}


TF = "/v1/models/late/versions/3:predict"
WAYS = {
    "V2, one a row": dumped(lambda number: oip(late=("INT64", [1], [number])), OIP),
    "V2, several a row": dumped(lambda number: oip(late=("INT64", [1, 3], [1, number, 2])), OIP),
    "V2, unsigned": dumped(lambda number: oip(late=("UINT64", [1, 2], [number, number])), OIP),
    "V2, nested": dumped(lambda number: oip(late=("INT64", [1, 2], [[number, 1]])), OIP),
    "V2, beside NaN": dumped(beside_nan, OIP),
    "KServe V1, one a row": dumped(lambda number: {"predictions": [number]}),
    "KServe V1, several a row": dumped(lambda number: {"predictions": [[number, 3]]}),
    "KServe V1, beside a float": dumped(lambda number: {"predictions": [[number, 0.5]]}),
    "KServe V1, beside null": dumped(lambda number: {"predictions": [[number, None]]}),
    "KServe V1, ragged": dumped(lambda number: {"predictions": [[number], [1, 2]]}),
    "KServe V1, records": dumped(lambda number: {"predictions": [{"id": number, "name": "a"}]}),
    "KServe V1, map": dumped(lambda number: {"predictions": [{"cat": number, "dog": 0.5}]}),
    "TF Serving, rows": dumped(lambda number: {"predictions": [{"id": [number], "y": 0.5}]}, TF),
    "TF Serving, columns": dumped(lambda number: {"outputs": {"id": [[number, 1]]}}, TF),
    "MLflow": dumped(lambda number: {"predictions": [{"id": number, "y": 0.5}]}, "/invocations"),
    "SageMaker JSON": dumped(lambda number: {"predictions": [{"score": 0.5, "label": number}]}, "/invocations"),
    "SageMaker JSON Lines": Way("/invocations", lambda number: b'{"id": %d, "score": 0.5}\n' % number, LINES),
    "SageMaker CSV": Way("/invocations", lambda number: b"%d,1\n%d,2\n" % (number, number), CSV),
    "SageMaker CSV, floats beside": Way("/invocations", lambda number: b"%d,0.5\n" % number, CSV),
    "SageMaker CSV, texts beside": Way("/invocations", lambda number: b"%d,late\n" % number, CSV),
    "SageMaker CSV, arrays": Way("/invocations", lambda number: b'"[%d, 0.5]",late\n' % number, CSV),
    "a document": dumped(lambda number: {"user": {"ids": [1, number]}, "ok": True}),
    "a document without flags": dumped(lambda number: {"user": {"ids": [1, number]}}),
    "a ranking": dumped(ranked),
    "a detection's label": dumped(detected),
    "a tool's argument": dumped(chat, "/v1/chat/completions"),
}  # fmt: skip


def answered(way: Way, number: int) -> Answer:
    return answer(way.body(number), headers=way.headers)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@given(a=NEAR, b=NEAR, off=st.integers(-2, 2))
@settings(max_examples=40, deadline=None)
def test_two_whole_numbers_agree_where_they_are_equal(way, a, b, off):
    """The oracle is Python's own comparison of whole numbers of any size, near what floats and 64 bits hold."""
    for other in (a + off, b):
        usual, first, second = answered(way, a), answered(way, a), answered(way, other)
        pairs = [pair(usual, first, target=way.target), pair(usual, second, target=way.target)]
        same, found = compared(pairs)
        assert (same.incomparable, same.rows_disagreeing) == ("", 0)
        assert bool(found.rows_disagreeing) is (a != other)


LIMITS = {"INT64": (-(2**63), 2**63 - 1, "<q"), "UINT64": (0, 2**64 - 1, "<Q")}


def packed(datatype: str, *numbers: int) -> Answer:
    head = json.dumps({
        "model_name": "late",
        "outputs": [{
            "name": "ids", "datatype": datatype, "shape": [1, len(numbers)],
            "parameters": {"binary_data_size": 8 * len(numbers)},
        }],
    }).encode()  # fmt: skip
    data = head + b"".join(struct.pack(LIMITS[datatype][2], each) for each in numbers)
    headers = ((b"content-type", b"application/octet-stream"), (b"inference-header-content-length", b"%d" % len(head)))
    return answer(data, headers=headers)


@given(
    st.sampled_from(["INT64", "UINT64"]),
    st.sampled_from(["INT64", "UINT64"]),
    NEAR,
    NEAR,
    st.booleans(),
    st.integers(1, 2),
)
@settings(deadline=None)
def test_binary_tensors_agree_where_their_numbers_are_equal(own_type, other_type, a, b, is_near, width):
    """Signed against unsigned too, each within its own range; a label of one a row, several a row."""
    (lo, hi, _), (other_lo, other_hi, _) = LIMITS[own_type], LIMITS[other_type]
    p = min(max(a, lo), hi)
    c = min(max(p + 1 if is_near else b, other_lo), other_hi)
    usual, other = packed(own_type, *[p] * width), packed(other_type, *[c] * width)
    same, found = compared([pair(usual, packed(own_type, *[p] * width), target=OIP), pair(usual, other, target=OIP)])
    assert same.rows_disagreeing == 0
    assert bool(found.rows_disagreeing) is (p != c)


@given(st.sampled_from(["INT64", "UINT64"]), NEAR, st.integers(-1, 1))
@settings(deadline=None)
def test_a_binary_tensor_agrees_with_the_same_numbers_in_json(datatype, a, off):
    """One endpoint packs its tensors, the other writes them out."""
    p = min(max(a, LIMITS[datatype][0]), LIMITS[datatype][1])
    written = answer(json.dumps(oip(ids=(datatype, [1, 2], [p + off, 1]))).encode())
    (found,) = compared([pair(packed(datatype, p, 1), written, target=OIP)])
    assert bool(found.rows_disagreeing) is (off != 0)


@given(NEAR)
@settings(deadline=None)
def test_a_whole_number_written_as_a_float_is_that_number(number):
    """1 is 1.0, as far as a float holds it: as a label, in a row, in a document."""
    written = float(number) if abs(number) < 10**300 else 1.0
    for body in (b'{"predictions": [%s]}', b'{"predictions": [[%s, 3]]}', b'{"x": {"y": %s}, "predictions": 1}'):
        usual = answer(body % str(int(written)).encode())
        for spelled in (repr(written), f"{Decimal(written):f}.0"):
            assert [each.rows_disagreeing for each in compared([pair(usual, answer(body % spelled.encode()))])] == [0]


@given(
    NEAR,
    NEAR | st.floats(allow_nan=False),
    st.sampled_from([0.0, 1e-5, 1.0, 1e300]),
    st.sampled_from([0.0, 1e-16, 1e-4]),
)
def test_a_whole_number_and_a_float_are_within_a_tolerance_as_fractions_say(p, c, atol, rtol):
    """The oracle: decimals with a thousand digits."""
    rules = Rules(atol, rtol, ())
    if type(c) is int or c in (float("inf"), float("-inf")):
        assert rules.agree(p, c) is (p == c)
        assert rules.agree(c, p) is (p == c)
        return
    for own, other in ((p, c), (c, p)):
        wanted = exactly_within(own, other, atol, rtol)
        assert rules.agree(own, other) is wanted


def exactly_within(p: float, c: float, atol: float, rtol: float) -> bool:
    a, b = Fraction(p), Fraction(c)
    return abs(b - a) <= Fraction(atol) + Fraction(rtol) * abs(a)


def test_times_in_nanoseconds_that_are_one_later_are_one_later():
    """All of them disagree, and the bias is 1, where floats of this size are 256 apart."""
    times = [1_700_000_000_000_000_000 + 7 * number for number in range(200)]
    pairs = [
        pair(answer({"predictions": [[each, each]]}), answer({"predictions": [[each + 1, each + 1]]})) for each in times
    ]
    summary = next(iter(judged(pairs).summary.plans.values()))
    assert summary.requests_disagreeing == 200
    (sums,) = summary.heads.values()
    metrics = head_metrics(sums, 0.05)
    assert (metrics["score.disagreement"].value, metrics["score.bias"].value) == (1.0, 1.0)
    assert (metrics["score.mae"].value, metrics["score.rmse"].value) == (1.0, 1.0)
    assert metrics["score.above_minus_below"].value == 1.0


def test_a_tolerance_is_for_numbers_that_are_written_with_a_point():
    """10,000 and 10,001 are two ids, 10,000.5 and 10,000.6 one number; a tensor of floats has no ids."""
    for usual, other, bad in (
        ({"predictions": [[10_000, 0.5]]}, {"predictions": [[10_001, 0.5]]}, 1),
        ({"predictions": [[10_000.5, 0.5]]}, {"predictions": [[10_000.6, 0.5]]}, 0),
        ({"predictions": [[10_000, 0.5]]}, {"predictions": [[10_000.1, 0.5]]}, 0),
    ):
        assert [each.rows_disagreeing for each in compared([pair(answer(usual), answer(other))])] == [bad]
    usual, other = (answer(oip(late=("FP32", [1, 2], [each, 0.5]))) for each in (10_000, 10_001))
    assert [each.rows_disagreeing for each in compared([pair(usual, other, target=OIP)])] == [0]


PRICES = [1500, 1700, 2000, 900]
WRITTEN = {
    "a path of JSON": dumped(lambda number: {"price": number}),
    "a named output": dumped(lambda number: {"value": number}),
    "a named output beside others": dumped(lambda number: {"value": number, "currency": "USD"}),
    "the body": dumped(lambda number: number),
    "a list": dumped(lambda number: [number, number]),
    "rows": dumped(lambda number: [{"value": number, "currency": "USD"}]),
    "rows of several types": dumped(lambda number: {"predictions": [number, "none"]}),
    "KServe V1": dumped(lambda number: {"predictions": [number]}),
    "KServe V1, beside null": dumped(lambda number: {"predictions": [number, None]}),
    "KServe V1, records": dumped(lambda number: {"predictions": [{"price": number, "currency": "USD"}]}),
    "V2": dumped(lambda number: oip(price=("FP64", [1], [number])), OIP),
    "V2, a label": dumped(lambda number: oip(label=("FP64", [1], [number])), OIP),
}


@pytest.mark.parametrize("way", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("side", ["production", "candidate", "production, always"])
def test_a_price_without_a_point_agrees_with_one_that_has_one(way, side):
    """1500 and 1500.0000001, as Go and JavaScript write them: on either side, in some answers or all."""

    def priced(at, is_candidate, off):
        has_point = is_candidate if side == "candidate" else not is_candidate and (side != "production" or at % 12 == 0)
        return way.body(PRICES[at % 4] + (off if has_point else 0))

    def told(off):
        both = ([answer(priced(at, who, off), headers=way.headers) for who in (False, True)] for at in range(96))
        return compared([pair(*each, target=way.target, number=at) for at, each in enumerate(both)])

    assert sum(each.rows_disagreeing for each in told(1e-7)) == 0
    far = told(0.4)
    assert sum(bool(each.rows_disagreeing) for each in far) == (8 if side == "production" else 96)


def test_what_is_no_label_on_either_side_agrees_within_the_tolerance():
    """Fractions among labels, beside a text in a batch of scores, and where a tensor has a text."""
    labels = [{"value": at % 3 if at % 20 else 0.25} for at in range(80)]
    batches = [{"predictions": [0.25, 0.5, "N/A" if at % 20 == 3 else 0.75]} for at in range(80)]
    for own in (labels, batches):
        near, far = (json.loads(json.dumps(own).replace("0.25", each)) for each in ("0.250000001", "0.26"))
        same, other = (
            compared([pair(answer(p), answer(c), number=at) for at, (p, c) in enumerate(zip(own, each, strict=True))])
            for each in (near, far)
        )
        assert sum(each.rows_disagreeing for each in same) == 0
        assert sum(bool(each.rows_disagreeing) for each in other) == sum("0.25" in json.dumps(each) for each in own)


def test_a_datatype_of_whole_numbers_says_what_its_numbers_are():
    """INT64 against FP32 is another type, within whatever tolerance."""
    usual, other = (answer(oip(label=each)) for each in (("INT64", [1], [3]), ("FP32", [1], [3.0000001])))
    assert [each.rows_disagreeing for each in compared([pair(usual, other, target=OIP)] * 30)] == [1] * 30


def test_chosen_outputs_keep_their_digits():
    """By pointer and by expression."""
    reading = ReadingSettings(path="/*", outputs={"id": "/user/id", "ids": "users[].id"})
    kinds = (HeadSettings(pointer="/id", kind="score"),)
    bodies = [{"user": {"id": each}, "users": [{"id": each}]} for each in (10**30, 10**30 + 1)]
    usual, other = map(answer, (json.dumps(each).encode() for each in bodies))
    settings_ = CompareSettings(readings=(reading,), heads=kinds)
    assert [each.rows_disagreeing for each in compared([pair(usual, usual), pair(usual, other)], settings_)] == [0, 1]
