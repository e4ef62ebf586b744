"""Production's order of events given to a candidate: simulated servers and loads are the oracle."""

from __future__ import annotations

from collections import Counter
from random import Random
from statistics import median

import pytest

from proxy.mirror.order import LATE_NS, SLACK_NS, EventOrder
from proxy.mirror.timeline import LEAST_DELAY_NS, Turn
from tests.proxy.mirror.simulated import (
    CLOCKS,
    MS,
    UNBOUNDED,
    Finding,
    Program,
    S,
    Server,
    closed_loop,
    found,
    mirrored,
    open_loop,
    recorded,
)  # fmt: skip

PROGRAMS = {
    "serial": Program(ways=1, takes=5 * MS),
    "4-way": Program(ways=4, takes=20 * MS),
    "cheap": Program(ways=2, takes=300_000, spread=0.2),
    "streaming": Program(ways=UNBOUNDED, takes=50 * MS),
}
REQUESTS = 1_500
SLOWER = 1.35


def load(program: Program, name: str):
    """By its name: `closed 8` clients, or `open 40` % of what a server is full with."""
    kind, _, number = name.partition(" ")
    if kind == "closed":
        return closed_loop(int(number), REQUESTS)
    full = program.per_s() if program.ways < UNBOUNDED else 200.0
    return open_loop(full * int(number) / 100, REQUESTS)


def compared(production: Program, candidate: Program, name: str, seed: int = 1) -> Finding:
    turns = load(production, name)(Server(production, Random(seed)), Random(seed + 1))
    pairings = mirrored(list(recorded(turns, groups=2)), candidate, Random(seed + 2))
    assert Counter(each.turn.sent for each in pairings) == Counter(each.sent for each in turns)
    return found(pairings)


def truth(production: Program, candidate: Program, name: str, seed: int = 5) -> float:
    """The ratio of the medians, where the candidate has the same clients: its latencies with as many in hand."""
    own, other = (
        load(production, name)(Server(each, Random(seed)), Random(seed + 1)) for each in (production, candidate)
    )
    took: dict[int, list[int]] = {}
    for turn in other:
        took.setdefault(turn.in_hand, []).append(turn.ended - turn.sent)
    random = Random(seed + 2)
    alike = [turn for turn in own if turn.in_hand in took]
    return median(random.choice(took[turn.in_hand]) for turn in alike) / median(t.ended - t.sent for t in alike)


LOADS = ["closed 1", "closed 8", "open 10", "open 40", "open 80"]


@pytest.mark.parametrize("name", LOADS)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_is_as_fast_as_itself(program: Program, name: str) -> None:
    """Whatever the server and its load: the ratio of the medians is 1, and at least half of the pairs count."""
    finding = compared(program, program, name)
    assert abs(finding.ratio - 1) <= 0.05 or abs(finding.difference_ms) <= 0.15, finding
    assert 2 * finding.counted >= finding.asked, finding


@pytest.mark.parametrize("name", ["closed 1", "closed 8", "open 10", "open 40"])
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_slower_program_is_as_much_slower_as_it_is_with_as_many_in_hand(program: Program, name: str) -> None:
    """Within 5 %, also where it does not keep up."""
    slower = program.slower(SLOWER)
    finding = compared(program, slower, name)
    assert finding.ratio == pytest.approx(truth(program, slower, name), rel=0.05), finding
    assert 2 * finding.counted >= finding.asked, finding


@pytest.mark.parametrize("clients", [1, 8])
def test_a_mirror_that_stood_still_begins_the_order_again_where_nothing_can_be_made_up(clients: int) -> None:
    """A server as full as production never catches up: it is compared as far behind as it is."""
    program = PROGRAMS["serial"]
    turns = closed_loop(clients, 4 * REQUESTS)(Server(program, Random(1)), Random(2))
    stood_still = range(5 * S + CLOCKS, 8 * S + CLOCKS)
    arrivals = [(stood_still.stop if at in stood_still else at, turn) for at, turn in recorded(turns)]
    finding = found(mirrored(arrivals, program, Random(3)))
    assert finding.ratio == pytest.approx(1, abs=0.02)
    assert finding.counted > 0.7 * finding.asked
    assert finding.unlike["behind"] > 100


def test_a_mirror_that_is_held_up_again_and_again_makes_up_for_it_in_pauses() -> None:
    """A client that waits leaves a server no time: what the mirror loses must not add up until the order is lost."""
    program = Program(ways=1, takes=MS)
    turns = closed_loop(1, 20_000)(Server(program, Random(1)), Random(2))
    finding = found(mirrored(list(recorded(turns)), program, Random(3), held_up=(100 * MS, 5 * MS)))
    assert finding.ratio == pytest.approx(1, abs=0.02)
    assert finding.counted > 0.9 * finding.asked


@pytest.mark.parametrize("name", ["closed 1", "open 10", "open 40"])
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_faster_program_is_as_much_faster(program: Program, name: str) -> None:
    """It is not made to look slow by waiting for production, nor fast by having less in hand."""
    finding = compared(program, program.slower(1 / SLOWER), name)
    assert finding.ratio == pytest.approx(1 / SLOWER, rel=0.06), finding
    assert 2 * finding.counted >= finding.asked, finding


# ---- one by one


def turn(sent_ms: float, ended_ms: float, in_hand: int = 1, arrived_ms: float | None = None) -> Turn:
    arrived = ended_ms if arrived_ms is None else arrived_ms
    return Turn(sent=int(sent_ms * MS), ended=int(ended_ms * MS), in_hand=in_hand, arrived=int(arrived * MS) + CLOCKS)


def at(ms: float) -> int:
    """On the mirror's clock, which is ahead of production's."""
    return int(ms * MS) + CLOCKS


DELAY_MS = LEAST_DELAY_NS / MS


def test_after_a_quiet_time_it_follows_at_the_delay() -> None:
    """The first, and each one after a long pause, goes a constant time after production was asked."""
    order: EventOrder[str] = EventOrder()
    order.add(turn(1_000, 1_005), "first")
    assert order.look(at(1_010)) == at(1_000 + 0.6 * DELAY_MS)
    assert order.look(at(1_200)) == at(1_000 + DELAY_MS)
    assert order.take(at(1_250)) == ("first", "", 0, (0, 0))
    order.ended(at(1_255))
    order.add(turn(2_000, 2_005), "second")
    assert order.look(at(2_200)) == at(2_250)


def test_a_pause_of_productions_is_one_of_the_candidates() -> None:
    """Asked 20 ms after production's last event, while it had one in hand: 20 ms after the candidate's."""
    order: EventOrder[str] = EventOrder()
    for each in (turn(1_000, 1_005, 1), turn(1_001, 1_090, 2), turn(1_025, 1_030, 2)):
        order.add(each, "")
    order.look(at(1_200))
    order.take(at(1_250))
    order.look(at(1_250))
    order.take(at(1_251))
    assert order.look(at(1_252)) == at(1_025 + DELAY_MS) + SLACK_NS
    order.ended(at(1_258))
    assert order.look(at(1_258)) == at(1_278)


def test_where_production_had_nothing_in_hand_its_time_is_followed() -> None:
    """The candidate is kept at the delay, whether it is faster; or slower, and its pause is cut to a millisecond."""
    for ended, due in ((1_251, 1_275), (1_270, 1_275), (1_274.5, 1_275.5), (1_290, 1_291)):
        order: EventOrder[str] = EventOrder()
        for each in (turn(1_000, 1_005), turn(1_025, 1_030)):
            order.add(each, "")
        order.look(at(1_200))
        order.take(at(1_250))
        order.ended(at(ended))
        assert order.look(at(ended)) == at(due)


def test_no_more_are_in_hand_than_production_had() -> None:
    """The second waits for the first one's end, where production had none when it was asked."""
    order: EventOrder[str] = EventOrder()
    for each in (turn(1_000, 1_005), turn(1_006, 1_011), turn(1_012, 1_040, 1), turn(1_014, 1_042, 2)):
        order.add(each, "")
    order.look(at(1_200))
    order.take(at(1_250))
    assert order.look(at(1_257)) == at(1_006 + DELAY_MS) + SLACK_NS  # waits, and not for ever
    order.ended(at(1_290))
    assert order.look(at(1_290)) == at(1_291)
    assert order.take(at(1_291)).unlike == ""
    order.ended(at(1_300))
    order.look(at(1_300))
    order.take(at(1_301))
    assert order.look(at(1_301)) == at(1_303)
    assert order.take(at(1_303)).unlike == ""


def test_what_was_done_otherwise_is_said() -> None:
    """Fewer in hand than production had; later than it was due; not sent when it was due; too far behind."""
    order: EventOrder[str] = EventOrder()
    order.add(turn(1_000, 1_005, in_hand=3), "")
    order.look(at(1_200))
    assert order.take(at(1_250)).unlike == "fewer_in_hand"
    order.ended(at(1_255))
    order.add(turn(2_000, 2_005), "")
    due = order.look(at(2_200))
    assert due is not None
    assert order.take(due + LATE_NS + 1).unlike == "late"
    order.ended(at(2_300))
    order.add(turn(3_000, 3_005), "")
    order.look(at(3_200))
    order.hindered()
    assert order.take(at(3_250)).unlike == "behind"
    order.ended(at(3_260))
    order.add(turn(4_000, 4_005), "")
    now = at(4_000 + DELAY_MS) + SLACK_NS + 1
    assert order.look(now) == now
    assert order.take(now)[1:3] == ("behind", SLACK_NS + 1)


def test_what_ended_long_after_the_others_is_late() -> None:
    """It came into the store when those that were sent after it had gone: its place in the order was past."""
    order: EventOrder[str] = EventOrder()
    order.add(turn(1_010, 1_015, in_hand=2), "prompt")
    order.look(at(1_200))
    order.take(at(1_260))
    order.add(turn(1_000, 1_400, arrived_ms=1_401), "slow")
    order.ended(at(1_265))
    assert order.look(at(1_401)) is not None
    assert order.take(at(1_401)).unlike == "late"


def test_one_that_fell_behind_is_sent_everything_until_it_has_caught_up() -> None:
    """None of that counts; then the order begins anew, at the delay."""
    order: EventOrder[str] = EventOrder()
    for number in range(100):
        order.add(turn(1_000 + 20 * number, 1_005 + 20 * number), "")
    now, sent = at(2_400), []
    for _ in range(100):
        due = order.look(now)
        assert due is not None
        now = max(now, due)
        sent.append(order.take(now).unlike)
        order.ended(now)
    behind = sent.count("behind")
    assert 58 <= behind < 100
    assert sent == ["behind"] * behind + [""] * (100 - behind)


def test_what_is_withdrawn_is_not_sent() -> None:
    """The rest goes on in its order."""
    order: EventOrder[str] = EventOrder()
    for number, name in enumerate("abab"):
        order.add(turn(1_000 + number, 1_005), name)
    assert order.withdraw(lambda name: name == "a") == ["a", "a"]
    assert len(order) == 2
    order.look(at(3_000))
    assert order.take(at(3_000)).what == "b"


def test_the_speed_of_both_is_told() -> None:
    """How long after the one before production was asked, and the candidate is: the one cannot keep up at less."""
    order: EventOrder[str] = EventOrder()
    for each in (turn(1_000, 1_005), turn(1_020, 1_025)):
        order.add(each, "")
    order.look(at(1_200))
    order.take(at(1_250))
    order.ended(at(1_280))
    order.look(at(1_290))
    assert order.take(at(1_290)).pace == (20 * MS, 40 * MS)


def test_nothing_to_send_is_nothing_to_wait_for() -> None:
    """An empty order names no time."""
    assert EventOrder[str]().look(5 * S) is None
