"""Slices at work: from requests as they are sent to the slice that a candidate gets wrong."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import starmap
from typing import Any

import numpy as np
import pytest
import tritonclient.http

from comparators.extract.oip import JSON_LENGTH
from comparators.features.features import Features
from comparators.slices.finder import find
from comparators.slices.learning import Learning
from comparators.slices.samples import PAIRS, SampledRequest
from comparators.slices.slicing import SlicedRequest, Slicing, drawn_row, name_of
from comparators.statistics.exact import ONE
from tests.comparators.extract.asked import CSV, tensor
from tests.comparators.made import VIEW
from tests.comparators.slices.asked import equals, missing, of, read, row

KIND = (1, "POST /trips")
CARRIERS = ("AA", "DL", "UA", "WN")
REQUESTS = 2_000

Ask = Callable[[Sequence[str]], Features]


def in_a_document(carriers: Sequence[str]) -> Features:
    return read({"trip": {"legs": [{"carrier": each} for each in carriers]}}, protocol="json")


def in_binary_tensors(carriers: Sequence[str]) -> Features:
    asked = tritonclient.http.InferInput("carrier", [len(carriers)], "BYTES")
    asked.set_data_from_numpy(np.array(carriers, dtype=object))
    body, length = tritonclient.http.InferenceServerClient.generate_request_body([asked])
    return read(body, headers=((JSON_LENGTH, str(length).encode()),), protocol="oip_v2")


def in_csv(carriers: Sequence[str]) -> Features:
    rows: list[str] = ["carrier,seats", *(f"{each},3" for each in carriers)]
    return read("\n".join(rows).encode(), headers=CSV, protocol="sagemaker_csv")


def in_a_batch(carriers: Sequence[str]) -> Features:
    """Of many rows, the last of which are asked about."""
    rows: list[Any] = ["AA"] * 1_500
    return read({"inputs": [tensor("carrier", [*rows, *carriers], datatype="BYTES")]}, protocol="oip_v2")


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (in_a_document, "/trip/legs/*/carrier"),
        (in_binary_tensors, "carrier"),
        (in_csv, "carrier"),
        (in_a_batch, "carrier"),
    ],
)
def test_the_slice_that_a_candidate_gets_wrong_is_named(ask: Ask, name: str):
    """Requests with a leg of one carrier: each counts once, the first ones too, and however many legs it has."""
    chance = random.Random(5)
    trips = [[chance.choice(CARRIERS) for _ in range(chance.randint(1, 3))] for _ in range(REQUESTS)]
    asked = [SlicedRequest(ask(trip), ONE if "UA" in trip else 0) for trip in trips]
    learning = Learning(hidden=VIEW.hidden)
    learning.add(KIND, starmap(SampledRequest, zip(map(str, range(PAIRS)), asked, strict=False)))
    learned = learning.propose(KIND)
    slicing = Slicing.of(learned.conditions, since_ms=0)
    (sums,) = slicing.counted(asked[PAIRS:]).values()
    sums.merge(learned.sums[learned.conditions.fingerprint()])
    found = find(learned.conditions, sums, VIEW)
    assert found.slices[0].words == f"{name} is 'UA'"
    assert found.slices[0].n == sum("UA" in trip for trip in trips)


def test_conditions_are_about_what_came_later():
    """And, of pairs that are counted again, about those that they were enumerated from."""
    live, again = (Slicing.of(of(missing("a")), since_ms=10, first=first) for first in ((), ("id-1",)))
    assert [live.is_about("id-1", ms) for ms in (9, 10, 11)] == [False, False, True]
    assert [again.is_about(each, 9) for each in ("id-1", "id-2")] == [True, False]


def test_distances_are_counted_of_the_requests_that_have_one():
    """Output by output, beside the disagreement of all."""
    slicing = Slicing.of(of(equals("a", 1), equals("a", 2)), since_ms=0)
    asked = [SlicedRequest(row(a=1 + n % 2), ONE, {"/x": n, "/y": 1} if n % 3 else {"/x": n}) for n in range(12)]
    found = slicing.counted(asked)
    fingerprint = slicing.matcher.fingerprint
    assert set(found) == {fingerprint, name_of(fingerprint, "/x"), name_of(fingerprint, "/y")}
    assert found[fingerprint].disagreement == [6 * ONE, 6 * ONE]
    far = found[name_of(fingerprint, "/x")]
    assert (far.n, far.disagreement, far.total_disagreement) == ([6, 6], [30, 36], 66)
    some = found[name_of(fingerprint, "/y")]
    assert (some.total_n, some.n, some.disagreement) == (8, [4, 4], [4, 4])
    assert slicing.counted([]) == {}


def test_rows_are_drawn_alike_whenever_they_are_drawn():
    """By the exchange alone, and each row as often as any other."""
    drawn = Counter(drawn_row(f"id-{number}", 8) for number in range(8_000))
    assert drawn == Counter(drawn_row(f"id-{number}", 8) for number in range(8_000))
    assert all(900 < drawn[row] < 1_100 for row in range(8))
