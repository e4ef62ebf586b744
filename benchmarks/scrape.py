"""What a scrape of the admin role costs: `python -m benchmarks.scrape URL`, of an empty Redis that may be written to.

A week of hours in 4 partitions, 2 candidates. CPU of this process, and commands that Redis ran (those in scripts too),
for a scrape after the first: the open hour of each partition has changed since.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import redis
import uvloop

from benchmarks import machine
from benchmarks.machine import on_core
from benchmarks.made_pairs import MAKERS, made_pair
from benchmarks.processes import free_port
from benchmarks.subjects.ours import server
from benchmarks.tables import Table
from comparators.batch import summary_of
from comparators.comparison import Version
from comparators.epochs import Epoch
from comparators.extract.plan import Plans
from comparators.settings import CompareSettings
from proxy.settings import CandidateSettings
from records.settings import RecordingSettings, RedisSettings
from records.store import Store
from understudy.admin.findings import Findings
from understudy.admin.worker import AdminWorker
from understudy.following import Follower
from understudy.settings import Route, Settings

HOURS, PARTITIONS, ROUNDS = 168, 4, 20
CANDIDATES = ("one", "two")
ROUTE, GENERATION = "root", CandidateSettings(name="any", url="http://127.0.0.1:9").generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """CPU and commands of the first one, which reads the whole week, and of any other."""

    first_ms: float
    first_commands: int
    ms: float
    commands: int


def state() -> tuple[bytes, str]:
    """Of one hour, and its basis."""
    pairs = [made_pair(next(iter(MAKERS)), number) for number in range(500)]
    plans = Plans(CompareSettings())
    for plan in plans.missing([pair.exchange for pair in pairs]):
        plans.learn(plan)
    return summary_of(pairs, plans).to_bytes(), plans.settings.basis()


async def fill(store: Store, hours: range, number: int) -> None:
    """As commits of compare workers would."""
    data, basis = state()
    for candidate in CANDIDATES:
        epoch = Epoch(
            route=ROUTE, candidate=candidate, production_version=Version("1"), candidate_version=Version("2"),
            basis=basis, generation=GENERATION,
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


async def measure(url: str) -> Scrape:
    where = RedisSettings(url=url)
    store = Store.create(where, RecordingSettings(partitions=PARTITIONS))
    candidates = tuple(CandidateSettings(name=name, url="http://127.0.0.1:9") for name in CANDIDATES)
    route = Route(prefix="/", production="http://127.0.0.1:9", candidates=candidates)
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(redis=where, data_dir=directory, secret="of a benchmark", routes=(route,))
        await fill(store, range(HOURS), 0)
        findings = Findings(store, Follower(store, settings, AdminWorker().apply))
        costs, commands = [], []
        for number in range(ROUNDS + 1):
            await fill(store, range(HOURS - 1, HOURS), number + 1)
            before, began = commands_of(url), time.process_time()
            await findings.families()
            costs.append((time.process_time() - began) * 1000)
            commands.append(commands_of(url) - before)
    await store.close()
    return Scrape(
        first_ms=costs[0], first_commands=commands[0], ms=median(costs[1:]), commands=int(median(commands[1:]))
    )


def run(directory: Path) -> Scrape:
    """As a program of its own on the proxy's core, with a server of its own on the other."""
    port = free_port()
    with server(port, directory), on_core(machine.PROXY_CORE):
        command = [sys.executable, "-m", "benchmarks.scrape", f"redis://127.0.0.1:{port}/0"]
        said = subprocess.run(
            command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True, timeout=300
        ).stdout
    return Scrape(**json.loads(said))


def table(found: Scrape) -> Table:
    return Table(
        title=f"A scrape of /metrics, with {HOURS} hours in {PARTITIONS} partitions of {len(CANDIDATES)} candidates",
        header=("", "CPU ms", "commands"),
        rows=[
            ("the first", f"{found.first_ms:.1f}", f"{found.first_commands:,}"),
            ("any other", f"{found.ms:.1f}", f"{found.commands:,}"),
        ],
    )


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(measure(sys.argv[1])))))  # on uvloop, as the role is
