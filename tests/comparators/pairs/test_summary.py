"""Summaries: sums that merge to the bit, stay bounded, and refuse what they cannot add up."""

import hashlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare.finding import Difference
from comparators.compare.latency import Timing
from comparators.errors import Unmergeable
from comparators.pairs.comparison import Comparison, Noise
from comparators.pairs.summary import BUCKETS, MAX_PATHS, MAX_PLANS, MAX_UNITS, SCHEMA, PlanSummary, Summary, merged
from comparators.statistics.name_counts import Counts
from comparators.statistics.reports_alone import without

BASIS = "basis"
# Of what is stored, by its schema. Where a sum is new this is another one, and SCHEMA must be, too: sums of before
# would be read as if it had been 0. (A field may join the old schema where its absence has a reading that is true.)
FORMS = {4: "951e8ba0d74383fc"}
LATENCIES = st.integers(0, 10**12)


@st.composite
def comparisons(draw) -> Comparison:
    rows = draw(st.integers(1, 7))
    production, candidate = draw(st.sampled_from(["200", "503", "timeout"])), draw(st.sampled_from(["200", "404"]))
    timing = draw(
        st.builds(Timing, LATENCIES, LATENCIES, st.booleans()) | st.sampled_from(["warm_up", "failed", "loop_lag"])
    )
    return Comparison(
        plan=draw(st.sampled_from(["POST /a", "POST /b"])),
        wall_ns=draw(st.integers(0, 10**18)),
        production=production,
        candidate=candidate,
        timing=timing,
        incomparable=draw(st.sampled_from(["", "", "", "capture_cut"])),
        rows_disagreeing=draw(st.integers(0, rows)),
        rows=rows,
        differences=tuple(
            draw(st.lists(st.builds(Difference, st.just("value"), st.text("ab", max_size=3)), max_size=3))
        ),
        noise=draw(st.none() | st.builds(Noise, st.integers(0, 2**40))),
    )


BATCHES = st.lists(st.lists(comparisons(), max_size=6), min_size=1, max_size=5)


def summarise(batch, basis) -> Summary:
    """By plan, as a batch of pairs is."""
    summary = Summary(basis=basis)
    for plan in dict.fromkeys(each.plan for each in batch):
        own = PlanSummary()
        mine = [each for each in batch if each.plan == plan]
        own.add(mine, [f"user-{each.wall_ns % 5}" for each in mine])
        summary.add(plan, own)
    return summary


@given(BATCHES, st.randoms(use_true_random=False))
def test_merging_in_any_order_and_grouping_gives_the_same_bytes(batches, random):
    """Associative and commutative to the bit: by one worker or many, live or again, the numbers are the same."""
    whole = summarise([each for batch in batches for each in batch], BASIS).to_bytes()
    parts = [summarise(batch, BASIS) for batch in batches]
    random.shuffle(parts)
    split = random.randint(0, len(parts))
    grouped = merged([merged(parts[:split], BASIS), merged(parts[split:], BASIS)], BASIS)
    assert grouped.to_bytes() == whole


@given(BATCHES)
def test_what_is_read_in_part_merges_to_the_same_bits(batches):
    """Without the sums that reports alone read, parts come to what the whole is without them."""
    parts = [summarise(batch, BASIS) for batch in batches]
    assert in_part(merged(map(in_part, parts), BASIS)) == in_part(merged(parts, BASIS))


def test_kinds_of_request_beyond_the_bound_are_read_in_part_too():
    """They are counted together, and nothing of them is lost."""
    halves = []
    for first in (0, 1):
        plans = [f"POST /{number:03}" for number in range(first, 2 * MAX_PLANS, 2)]
        halves.append(summarise([made(plan=plan) for plan in plans], BASIS))
    found = merged(map(in_part, halves), BASIS)
    assert (len(found.plans), found.total().compared) == (MAX_PLANS, 2 * MAX_PLANS)
    assert in_part(found) == in_part(merged(halves, BASIS))


def in_part(summary: Summary) -> Summary:
    """As a scrape reads it."""
    return without(Summary).from_bytes(summary.to_bytes())


@given(st.lists(comparisons(), max_size=8))
def test_a_summary_survives_its_bytes(batch):
    """What the store keeps is the whole of it, however large its sums have grown."""
    summary = summarise(batch, BASIS)
    assert Summary.from_bytes(summary.to_bytes()) == summary


def test_merging_leaves_the_other_as_it_was():
    """Two summaries never share what they count in."""
    one = summarise([made()], BASIS)
    before = one.to_bytes()
    total = merged([one, summarise([made()], BASIS)], BASIS)
    assert one.to_bytes() == before
    assert total.plans["POST /a"].pairs == 2


def test_the_unit_is_the_request():
    """One row of four and all of one: the mean share is 0.625, not two rows of five."""
    own = summarise([made(rows_disagreeing=1, rows=4), made(rows_disagreeing=1, rows=1)], BASIS).plans["POST /a"]
    assert own.disagreement / 2**40 / own.compared == 0.625
    assert (own.rows_disagreeing, own.rows) == (2, 5)


def test_an_incomparable_pair_counts_in_the_outcomes_alone():
    """Its failure is known; its disagreement is not."""
    own = summarise([made(incomparable="production_unreadable", production="connect")], BASIS).plans["POST /a"]
    assert (own.pairs, own.compared, own.fixed_failures) == (1, 0, 1)
    assert own.incomparable == {"production_unreadable": 1}


@pytest.mark.parametrize("other", [Summary(basis="other"), Summary(schema=99, basis=BASIS)])
def test_what_is_of_other_settings_or_schema_is_refused(other):
    """Adding it up would mean nothing."""
    with pytest.raises(Unmergeable, match="cannot join"):
        Summary(basis=BASIS).merge(other)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"schema":1,"plans":3}', b'{"schema":99}', b"\xff"])
def test_bytes_that_are_no_summary_are_refused(data):
    """By name where there is one, and never as a half-read summary."""
    with pytest.raises(Unmergeable):
        Summary.from_bytes(data)


def test_what_is_stored_keeps_the_names_that_it_had():
    """A summary that an earlier release stored is read, whatever its parts are called in the code of today."""
    stored = (
        b'{"basis":"basis","plans":{"POST /a":{"compared":2,"disagreeing":1,"noise":{"rows":{"n":1,"candidate":7}},'
    )
    stored += b'"rows":5,"rows_disagreeing":2,"share":9,"slices":{"s":{"total_share":9}}}},"schema":4}'
    own = Summary.from_bytes(stored).plans["POST /a"]
    assert (own.disagreement, own.requests_disagreeing) == (9, 1)
    assert (own.noise.rows.candidate, own.slices["s"].total_disagreement) == (7, 9)
    assert Summary.from_bytes(Summary.from_bytes(stored).to_bytes()) == Summary.from_bytes(stored)


def test_plans_and_paths_are_bounded_and_nothing_is_lost():
    """Invented plans are counted together, invented paths as other; the sums stay whole."""
    many = [made(plan=f"POST /{i:04}", paths=[f"/p{i:05}-{j}" for j in range(20)]) for i in range(200)]
    summary = summarise(many, BASIS)
    assert len(summary.plans) == MAX_PLANS
    assert summary.other is not None
    total = summary.total()
    assert total.compared == 200
    assert len(total.differences.kept) == MAX_PATHS
    assert sum(total.differences.kept.values()) + total.differences.other == 200 * 20


def test_units_are_bounded_and_a_sample_is_whole():
    """Those with the smallest hashes are kept, each with all of its requests, however they come; buckets have all."""
    comparisons = [
        made(rows_disagreeing=i % 3 == 0, candidate="503" if i % 5 == 0 else "200") for i in range(3 * MAX_UNITS)
    ]
    units = [f"{i % (MAX_UNITS + 50):016x}" for i in range(len(comparisons))]
    whole, parts = PlanSummary(), [PlanSummary() for _ in range(7)]
    whole.add(comparisons, units)
    for number, part in enumerate(parts):
        part.add(comparisons[number::7], units[number::7])
    joined = PlanSummary()
    for part in reversed(parts):
        joined.merge(part)
    assert joined == whole
    assert whole.units_n.kept.keys() == whole.units_disagreement.kept.keys() == set(sorted(set(units))[:MAX_UNITS])
    assert sum(whole.bucket_n) == sum(whole.units_n.kept.values()) + whole.units_n.other == len(units)
    assert sum(whole.bucket_pairs) == whole.pairs
    assert sum(whole.bucket_new_failures) == whole.new_failures == len(comparisons[::5])
    assert whole.bucket_fixed_failures == [0] * BUCKETS


def test_no_buckets_are_kept_without_a_unit():
    """What has no unit costs nothing, failures neither."""
    summary = PlanSummary()
    summary.add([made(candidate="503")] * 20)
    summary.add([made(candidate="503")] * 20, [""] * 20)
    kept = (summary.bucket_n, summary.bucket_pairs, summary.bucket_new_failures, summary.bucket_fixed_failures)
    assert not any(kept)


@given(st.lists(st.tuples(st.text("abc", max_size=4), st.integers(1, 5)), max_size=40), st.integers(1, 5))
def test_bounded_counts_do_not_depend_on_the_order_of_arrival(events, limit):
    """What is kept is counted completely, trimmed after every event or once at the end."""
    eager, late = Counts(limit), Counts(limit)
    for name, count in events:
        eager.add(name, count)
        eager.trim()
    for name, count in reversed(events):
        late.add(name, count)
    late.trim()
    assert eager == late


def made(
    plan="POST /a", rows_disagreeing=0, rows=1, incomparable="", production="200", paths=(), candidate="200"
) -> Comparison:
    return Comparison(
        plan=plan,
        wall_ns=1,
        production=production,
        candidate=candidate,
        timing=Timing(1, 2),
        incomparable=incomparable,
        rows_disagreeing=rows_disagreeing,
        rows=rows,
        differences=tuple(Difference("value", path) for path in paths),
    )


def test_a_hostile_path_stays_one_path():
    """Spaces and control characters do not tear a kind from its path."""
    own = summarise([made(rows_disagreeing=1, paths=["/a b\n c"])], BASIS).plans["POST /a"]
    assert msgspec.to_builtins(own.differences)["kept"] == {"value /a b\n c": 1}


def test_each_schema_has_one_form() -> None:
    """A sum that is new makes another schema, so that no sums of before are read as if they had it."""
    form = json.dumps(_bare(msgspec.json.schema(Summary)), sort_keys=True)
    assert hashlib.sha256(form.encode()).hexdigest()[:16] == FORMS.get(SCHEMA)


def _bare(schema: Any) -> Any:
    """Without what only explains."""
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _bare(value) for key, value in schema.items() if key not in ("title", "description")}
