"""CPU a request at saturation, of the replay as one command runs it and of other load generators.

The generator has the proxy's core, what it asks (nginx) the other; 32 requests are in flight all the time. Counted is
the CPU of all of a program's processes, and of two runs the difference: what a longer one costs more, over the requests
that it sends more. So no start counts, neither Python's nor anybody's; whatever grows with the requests does: of the
replay that is to read the file, to lay out the stock, to plan, to send, and to keep the answers with their times.
Scoring is told beside it, since nobody else does that.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import machine
from benchmarks.processes import StartError
from benchmarks.replay.command import run
from benchmarks.replay.peers import CONNECTIONS, PEERS, Peer
from benchmarks.replay.recordings import NS, write_recording
from benchmarks.subjects.ours import command

OURS = "Understudy, replay"
PEER_SECONDS = (1, 3)
TIMEOUT_S = 300.0
FULL_CORE = 3  # the exit code of a run whose generator was the limit: here it is meant to be


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one run did."""

    requests: int
    seconds: float  # of sending
    cpu_s: float  # of all processes, without scoring
    scoring_s: float = 0.0  # CPU as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of a request more."""

    cpu_us: float
    scoring_us: float
    per_s: float

    @property
    def per_core_s(self) -> float:
        return 1e6 / self.cpu_us


@dataclass(slots=True, kw_only=True)
class Costs:
    """By name; and why the others have none."""

    found: dict[str, Cost] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


def measure(
    directory: Path, port: int, *, rounds: int, requests: tuple[int, int], tell: Callable[[str], None]
) -> Costs:
    """`port` answers. `requests`: of a shorter and a longer replay. Raises StartError where ours does not run."""
    recordings = [_recorded(directory / f"{count}.jsonl", count) for count in requests]
    costs, samples = Costs(), dict[str, list[Cost]]()
    present = [peer for peer in PEERS if peer.found()]
    costs.absent = {peer.name: f"it needs {peer.program} ({peer.install})" for peer in PEERS if peer not in present}
    for number in range(rounds):
        tell(f"replay, round {number + 1} of {rounds}: {OURS}")
        samples.setdefault(OURS, []).append(marginal(*(_replayed(each, port) for each in recordings)))
        for peer in [each for each in present if each.name not in costs.absent]:
            tell(f"replay, round {number + 1} of {rounds}: {peer.name}")
            try:
                works = [_loaded(peer, directory, port, seconds) for seconds in PEER_SECONDS]
            except StartError as error:
                costs.absent[peer.name] = " ".join(str(error).split())[:200]
            else:
                samples.setdefault(peer.name, []).append(marginal(*works))
    costs.found = {name: middle(several) for name, several in samples.items() if name not in costs.absent}
    return costs


def marginal(short: Work, long: Work) -> Cost:
    more = long.requests - short.requests
    return Cost(
        cpu_us=1e6 * (long.cpu_s - short.cpu_s) / more,
        scoring_us=1e6 * (long.scoring_s - short.scoring_s) / more,
        per_s=more / (long.seconds - short.seconds),
    )


def middle(costs: Sequence[Cost]) -> Cost:
    return Cost(
        cpu_us=median(each.cpu_us for each in costs),
        scoring_us=median(each.scoring_us for each in costs),
        per_s=median(each.per_s for each in costs),
    )


def _recorded(path: Path, count: int) -> Path:
    write_recording(path, range(0, count * NS // 1_000, NS // 1_000))
    return path


def _replayed(recording: Path, port: int) -> Work:
    options = ("--concurrency", str(CONNECTIONS), "--data-dir", str(recording.parent / "replay-data"), "--json")
    found = run(
        [command(), "replay", str(recording), "--candidate", f"nginx=http://127.0.0.1:{port}", *options],
        core=machine.PROXY_CORE,
        directory=recording.parent,
        timeout_s=TIMEOUT_S,
        well=(0, FULL_CORE),
    )
    load = json.loads(found.printed)["report"]["load"]
    if load["failures"] or load["sent"] != load["scored"]:
        raise StartError(f"of {load['sent']:,} replayed requests {load['scored']:,} were scored: {load['failures']}")
    scoring_s = load["scoring_cpu_s"]
    return Work(requests=load["sent"], seconds=load["lasted_s"], cpu_s=found.cpu_s - scoring_s, scoring_s=scoring_s)


def _loaded(peer: Peer, directory: Path, port: int, seconds: int) -> Work:
    command_line = peer.prepared(directory, port, seconds)
    found = run(command_line, core=machine.PROXY_CORE, directory=directory, timeout_s=TIMEOUT_S)
    return Work(requests=peer.requests(found.printed), seconds=found.seconds, cpu_s=found.cpu_s)
