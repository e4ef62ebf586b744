"""How far apart the numbers of documents are, path by path."""

import json
import random

import pytest

from comparators.compare.difference_sizes import Farthest
from comparators.compare.path_sizes import MAX_PATHS, MAX_SHOWN, PathSizes, by_path
from tests.comparators.made import answer, judged, pair, view_hiding
from tests.comparators.render.made import report_of

CHANCE = random.Random(11)
N = 200


def apart(absolute: float, relative: float = 1.0) -> Farthest:
    return Farthest(absolute, relative)


def sums_of(*requests: dict[str, Farthest]) -> PathSizes:
    found = PathSizes()
    found.add_all(requests)
    return found


def priced(number: int):
    """An id to 10^19 that is new in every answer, and a price that is a twentieth off; noise in two elements."""
    price = 100 + number
    both = [
        {"ref": CHANCE.randrange(10**19), "price": price + 0.5, "parts": [1.5, 2.5]},
        {"ref": CHANCE.randrange(10**19), "price": 1.05 * price + 0.5, "parts": [1.5 + 1e-9, 2.5 + 2e-9]},
    ]
    return pair(*map(answer, both), number=number)


def test_an_id_hides_no_price():
    """Each path has its own line, the farthest apart first; indices are one path, and no picture is of all."""
    report = report_of([priced(number) for number in range(N)])
    table, spread, *_ = report.plans[0].heads[0].details
    assert [row[0] for row in table.rows] == ["/ref", "/price", "/parts/*"]
    price = table.rows[1]
    assert price[1] == N
    assert price[2] == pytest.approx(0.05, rel=0.11)
    assert price[3] == pytest.approx(0.05 * 199.5, rel=0.11)
    assert price[5] == pytest.approx(0.05 * 299)
    assert table.rows[2][5] == pytest.approx(2e-9)
    assert spread.pictures == ()


def test_one_path_has_the_picture():
    """And no table of one line."""
    sides = [[{"price": n + off, "currency": "USD"} for off in (0.5, 0.6)] for n in range(N)]
    pairs = [pair(*map(answer, both), number=n) for n, both in enumerate(sides)]
    spread, *_ = report_of(pairs).plans[0].heads[0].details
    assert spread.title.startswith("how far apart: of each request")
    assert spread.pictures


def test_a_path_below_a_hidden_place_is_not_told():
    """As in the places where answers differ."""
    sides = [[{"patients": {"Alice": n + off}, "x": n + off} for off in (0.5, 0.7)] for n in range(40)]
    pairs = [pair(*map(answer, both), number=n) for n, both in enumerate(sides)]
    report = report_of(pairs, view=view_hiding(redact_pointers=("/patients",)))
    paths = sorted(row[0][:19] for row in report.plans[0].heads[0].details[0].rows)
    assert paths == ["/patients/redacted-", "/x"]


def test_merged_they_are_those_of_all():
    """In whatever parts, with more paths than are kept, to the bit; what is left out is counted."""
    requests = [
        {f"/{CHANCE.randrange(40)}": apart(CHANCE.expovariate(1), CHANCE.random()) for _ in range(5)} for _ in range(60)
    ]
    whole, merged = sums_of(*requests), PathSizes()
    parts = [sums_of(*requests[start : start + 7]) for start in range(0, 60, 7)]
    for each in CHANCE.sample(parts, len(parts)):
        merged.merge(each)
    assert merged == whole
    assert len(whole.kept) == MAX_PATHS
    assert sum(each.n for each in whole.kept.values()) + whole.other == sum(map(len, requests))
    (table,) = by_path(whole)
    assert (len(table.rows), table.not_listed) == (MAX_SHOWN, MAX_PATHS - MAX_SHOWN)


@pytest.mark.parametrize("size", [0.0, 5e-324, 1e-30, 1e19, 1e300, float("inf")])
def test_any_size_is_counted(size):
    """Those that are infinite have no largest; nothing breaks."""
    (table,) = by_path(sums_of({"/a": apart(size, size), "/b": apart(1.0)}))
    (row,) = [row for row in table.rows if row[0] == "/a"]
    assert row[5] == (None if size == float("inf") else size)


def test_elements_in_another_order_are_no_distance():
    """At one index stand different ones; what differs beside them counts."""
    pairs = [pair(answer({"a": [1.5, 9.5], "x": n + 0.5}), answer({"a": [9.5, 1.5], "x": n + 1.5})) for n in range(30)]
    (summary,) = judged(pairs).summary.plans.values()
    assert list(summary.heads[""].sizes.kept) == ["/x"]


def test_a_whole_number_that_no_float_holds_is_infinitely_far():
    """As of all numbers."""
    bodies = [json.dumps({"id": each, "x": off}).encode() for each, off in ((10**400, 1.5), (1, 2.5))]
    (summary,) = judged([pair(*map(answer, bodies))] * 30).summary.plans.values()
    assert summary.heads[""].sizes.kept["/id"].infinite == 30
