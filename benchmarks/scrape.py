"""What a scrape of the admin role costs: `python -m benchmarks.scrape URL KINDS`, of an empty Redis to write to.

A week of hours in 4 partitions, 2 candidates: CPU of this process, round trips to Redis, commands that it ran (scripts'
too). For the first scrape, for one after the open hour of each partition has changed, for one after nothing has.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import redis
import uvloop

from benchmarks import machine
from benchmarks.machine import on_core
from benchmarks.made_pairs import made_pair
from benchmarks.processes import free_port
from benchmarks.subjects.ours import server
from benchmarks.tables import Table
from comparators.evidence.epochs import Epoch
from comparators.extract.version import ModelVersion
from comparators.pairs.batch import summary_of
from comparators.plans.known_plans import Plans
from comparators.settings import CompareSettings
from ground.plurals import counted
from proxy.settings import CandidateSettings
from records.settings import RecordingSettings, RedisSettings
from records.store.client import create_client
from records.store.server import Argument, Client
from records.store.store import Store
from understudy.admin.findings import Findings
from understudy.admin.reports import CandidateReports
from understudy.admin.worker import AdminWorker
from understudy.control.following import Follower
from understudy.settings.model import Route, Settings

HOURS, PARTITIONS, ROUNDS, PAIRS = 168, 4, 20, 500
KINDS = ("JSON tensors of 10 numbers", "JSON documents of 50 leaves", "texts of 200 words")
CANDIDATES = ("one", "two")
ROUTE, GENERATION = "root", CandidateSettings(name="any", url="http://127.0.0.1:9").generation


class Counting:
    """A client, and how many commands went through it: each is a round trip."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.calls = 0

    async def call(self, key: str, *command: Argument, timeout_s: float | None = None) -> Any:
        self.calls += 1
        return await self._client.call(key, *command, timeout_s=timeout_s)

    async def everywhere(self, *command: Argument) -> list[Any]:
        self.calls += 1
        return await self._client.everywhere(*command)

    async def close(self) -> None:
        await self._client.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    ms: float
    round_trips: int
    commands: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """Of candidates with so many kinds of request. The first one reads the whole week; `quiet` comes where nothing has
    changed since the one before.
    """

    kinds: int

    first: Cost
    changed: Cost
    quiet: Cost


class Hours:
    """What compare workers would commit of an hour with so many kinds of request, and its basis."""

    def __init__(self, kinds: int) -> None:
        self._pairs = [made_pair(kind, number) for number in range(PAIRS + ROUNDS) for kind in KINDS[:kinds]]
        self._kinds = kinds
        self._plans = Plans(CompareSettings())
        for plan in self._plans.missing([pair.exchange for pair in self._pairs]):
            self._plans.learn(plan)
        self.basis = self._plans.settings.basis()

    def state(self, number: int) -> bytes:
        """With a pair of each kind more in each round, or what was derived once would be known again."""
        return summary_of(self._pairs[: self._kinds * (PAIRS + number)], self._plans).to_bytes()


async def fill(store: Store, made: Hours, hours: range, number: int) -> None:
    """As commits of compare workers would."""
    data = made.state(number)
    for candidate in CANDIDATES:
        epoch = Epoch(
            route=ROUTE, candidate=candidate, production_version=ModelVersion("1"), candidate_version=ModelVersion("2"),
            basis=made.basis, generation=GENERATION,
        )  # fmt: skip
        await store.control.epoch(candidate, epoch.fingerprint(), epoch.to_bytes())
        await store.join_candidate(ROUTE, candidate, "beginning")
    writer = store.writer(ROUTE, f"w{number}")
    for partition in range(PARTITIONS):
        await writer.commit(
            partition, 1, [b"record"] * len(hours), {"requests": len(hours) * (partition + 1), "held": 0}
        )
        for candidate in CANDIDATES:
            group = store.group(ROUTE, partition, candidate, "mirror", "m")
            await group.acquire()
            entries = await group.fetch(len(hours))
            for entry, hour in zip(entries, hours, strict=True):
                await group.commit([entry.id], counts={"mirrored": 1}, states={f"1:{hour}": data})


def commands_of(url: str) -> int:
    """That it ran until now."""
    with redis.Redis.from_url(url) as client:
        return sum(each["calls"] for name, each in client.info("commandstats").items() if name != "cmdstat_info")


async def scraped(findings: Findings, client: Counting, url: str) -> Cost:
    commands, calls, began = commands_of(url), client.calls, time.process_time()
    await findings.families()
    took_s = time.process_time() - began
    return Cost(ms=took_s * 1000, round_trips=client.calls - calls, commands=commands_of(url) - commands)


def middle(costs: Sequence[Cost]) -> Cost:
    return Cost(
        ms=median(each.ms for each in costs),
        round_trips=max(each.round_trips for each in costs),
        commands=max(each.commands for each in costs),
    )


async def measure(url: str, kinds: int) -> Scrape:
    made = Hours(kinds)
    where, recording = RedisSettings(url=url), RecordingSettings(partitions=PARTITIONS)
    client = Counting(create_client(where))
    store = Store(client, where, recording)
    candidates = tuple(CandidateSettings(name=name, url="http://127.0.0.1:9") for name in CANDIDATES)
    route = Route(prefix="/", production="http://127.0.0.1:9", candidates=candidates)
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(redis=where, data_dir=directory, secret="of a benchmark", routes=(route,))
        await fill(store, made, range(HOURS), 0)
        follower = Follower(store, settings, AdminWorker().apply)
        findings = Findings(store, follower, CandidateReports(store, follower))
        first, changed, quiet = await scraped(findings, client, url), [], []
        for number in range(ROUNDS):
            await fill(store, made, range(HOURS - 1, HOURS), number + 1)
            changed.append(await scraped(findings, client, url))
            quiet.append(await scraped(findings, client, url))
    await store.close()
    return Scrape(kinds=kinds, first=first, changed=middle(changed), quiet=middle(quiet))


def run(directory: Path) -> list[Scrape]:
    return [_run(directory / f"{kinds}", kinds) for kinds in (1, len(KINDS))]


def _run(directory: Path, kinds: int) -> Scrape:
    """As a program of its own on the proxy's core, with a server of its own on the other."""
    directory.mkdir()
    port = free_port()
    with server(port, directory), on_core(machine.PROXY_CORE):
        command = [sys.executable, "-m", "benchmarks.scrape", f"redis://127.0.0.1:{port}/0", str(kinds)]
        said = subprocess.run(
            command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True, timeout=300
        ).stdout
    return msgspec.json.decode(said, type=Scrape)


def table(found: Sequence[Scrape]) -> Table:
    return Table(
        title=f"A scrape of /metrics, with {HOURS} hours in {PARTITIONS} partitions of {len(CANDIDATES)} candidates",
        header=("", "CPU ms", "round trips", "commands"),
        rows=[row for each in found for row in _rows(each)],
    )


def _rows(found: Scrape) -> list[tuple[str, str, str, str]]:
    of = counted(found.kinds, "kind") + " of request"
    return [
        _row(f"{of}: the first", found.first),
        _row(f"{of}: each partition's open hour has changed", found.changed),
        _row(f"{of}: nothing has changed", found.quiet),
    ]


def _row(name: str, cost: Cost) -> tuple[str, str, str, str]:
    return name, f"{cost.ms:.1f}", f"{cost.round_trips:,}", f"{cost.commands:,}"


if __name__ == "__main__":
    print(msgspec.json.encode(uvloop.run(measure(sys.argv[1], int(sys.argv[2])))).decode())  # on uvloop, as the role is
