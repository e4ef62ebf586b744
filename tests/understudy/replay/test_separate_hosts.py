"""`understudy replay` on hosts that are separate, as seen by the target: its clock alone says when they really began.

Their clocks are days apart; nothing that a host measures could make up for a start at another moment.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from records.store import keys
from tests.loadtest.staging import MS, every
from tests.understudy.replay.separate_hosts import TARGET, Place, SeparateHosts, separate, why_not
from tests.understudy.replay.test_hosts import Host
from tests.understudy.replay.test_replay_command import recording
from tests.until import until

DAY_S = 86_400
EARLIER_S = -int(monotonic() / 2)  # no clock may be before its own beginning
STEP = 10 * MS
SLACK_MS = 60.0  # of a machine that does other work, too
LEASE_S = 1.0  # three of them: who is silent for as long is lost

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why := why_not()), reason=why)]


@contextmanager
def replaying(lab: SeparateHosts, directory: Path, requests: int, *words: str) -> Iterator[list[Host]]:
    """On all hosts. They are ended with the block."""
    traffic = recording(directory / "traffic.jsonl", every(STEP, requests))
    config = directory / "u.toml"
    redis = f'redis = {{ url = "{lab.url}", lease_s = {LEASE_S}, timeout_s = {LEASE_S} }}'
    config.write_text(f'secret = "{"s" * 40}"\n{redis}\n')
    common = (
        str(traffic), "--candidate", f"new={lab.target.url}", "--yes-i-may-load", TARGET, "--run", "nightly",
        "--config", str(config), "--json", *words,
    )  # fmt: skip
    hosts = []
    for number, each in enumerate(lab.hosts, 1):
        own = ("--host", f"{number}/{len(lab.hosts)}", "--data-dir", str(directory / str(number)))
        hosts.append(Host(*common, *own, entered=each.entered))
    try:
        yield hosts
    finally:
        for host in hosts:
            with host.process as process:
                process.kill()


def apart_ms(moments: Iterable[tuple[int, int]], hosts: int) -> float:
    """Of moments in ns, each with the x of its request, by how much the least of one host and of another differ, at
    most: whatever is late on a busy machine is not all of them.
    """
    least: dict[int, int] = {}
    for at_ns, x in moments:
        least[x % hosts] = min(at_ns, least.get(x % hosts, at_ns))
    assert len(least) == hosts
    return (max(least.values()) - min(least.values())) / 1e6


def rows_of(path: Path) -> dict[int, dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()[1:-1]]
    return {each["n"]: each for each in rows}


def test_hosts_are_never_farther_apart_than_the_report_says(short_dir: Path) -> None:
    """Not by when they start, and not by the times of their rows: however slow the ways to the store are, and in
    opposite directions, and whatever the clocks of the hosts show.
    """
    places = (Place(30 * DAY_S, there_s=0.2), Place(EARLIER_S, back_s=0.2))
    kept = short_dir / "run.jsonl"
    with (
        separate(short_dir, places, target_ahead_s=DAY_S) as lab,
        replaying(lab, short_dir, 150, "-o", str(kept)) as (first, second),
    ):
        assert second.ended() == 0, second.err
        assert first.ended() in (0, 3), first.err
        load, rows, heard = first.load, rows_of(kept), lab.target.heard
    assert sorted(each.x for each in heard) == sorted(rows) == list(range(150))
    truly_ms = apart_ms(((each.at_ns - each.x * STEP, each.x) for each in heard), 2)
    assert truly_ms > 200 - SLACK_MS
    assert truly_ms < load["skew_ms"] + SLACK_MS
    assert truly_ms < load["end_skew_ms"] + SLACK_MS
    assert apart_ms(((each.at_ns - rows[each.x]["sent"], each.x) for each in heard), 2) < load["skew_ms"] + SLACK_MS


def test_a_host_that_is_cut_off_ends_the_run_and_is_named(short_dir: Path) -> None:
    """From the store and the target at once, as by a cable: it says so itself, and the others do not go on."""

    async def is_under_way() -> None:
        def look() -> bool:
            mark_us = lab.redis.command("HGET", keys.run("nightly").state, "mark")
            return mark_us is not None and lab.redis.now_ms() > int(mark_us) / 1_000 + 500

        await until(look)

    places = (Place(30 * DAY_S, 0.01, 0.01), Place(EARLIER_S, 0.01, 0.01))
    with separate(short_dir, places) as lab, replaying(lab, short_dir, 6_000, "--timeout", "1s") as (first, second):
        asyncio.run(is_under_way())
        lab.hosts[1].cut_off()
        assert first.ended() == 3, first.err
        assert second.ended() == 4, second.err
        heard = lab.target.heard
    load = first.load
    assert "host 2 has been silent for" in load["ended_because"]
    assert load["not_sent"]["not known, of host 2"] == 3_000
    assert "the store is away" in second.err
    assert "Traceback" not in first.err + second.err
    assert 0 < load["sent"] == sum(each.x % 2 == 0 for each in heard) < 3_000
