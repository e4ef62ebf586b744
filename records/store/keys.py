"""Every Redis key, spelled once.

All keys of one partition of a route carry the hash tag `{route.partition}`, so that a script over them runs on one
node of a cluster; so do a run's with `{name}`. Control's keys stand alone: one key a command.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal, NamedTuple

Stage = Literal["mirror", "compare"]
SampleKind = Literal["control", "disagreements"]
SAMPLES: tuple[SampleKind, ...] = ("control", "disagreements")

STORE_ID = "us:store"
OVERLAY = "us:overlay"
PLANS = "us:plans"
EARLIER_PLANS = "us:plans:earlier"


@dataclass(frozen=True, slots=True)
class StreamKeys:
    """A bounded stream: its records, (last id, bytes) of each commit, and its newest id and total of bytes."""

    records: str
    ledger: str
    head: str


class SampleKeys(NamedTuple):
    """A bounded sample: its members by epoch and hash, their records, their times, and its bytes and bounds."""

    members: str
    records: str
    ages: str
    head: str


class RunKeys(NamedTuple):
    """Of a load test on several hosts: what they say to each other, and what they hand over."""

    state: str
    results: str


@dataclass(frozen=True, slots=True)
class PartitionKeys:
    """One partition of one route."""

    route: str
    partition: int

    def _key(self, name: str) -> str:
        return f"us:{{{self.route}.{self.partition}}}:{name}"

    @property
    def exchanges(self) -> StreamKeys:
        return self._stream("exchanges")

    @property
    def sums(self) -> str:
        """What the writers counted here: requests, not_sampled.*, shed.*, held, recorded, store_lost."""
        return self._key("sums")

    def writer(self, writer: str) -> str:
        return self._key(f"writer:{writer}")

    @property
    def writers(self) -> str:
        """Who wrote here, by time of the last commit."""
        return self._key("writers")

    def pairs(self, candidate: str) -> StreamKeys:
        return self._stream(f"pairs:{candidate}")

    def sample(self, kind: SampleKind, candidate: str) -> SampleKeys:
        """Of the candidate's compared pairs."""
        name = f"{kind}:{candidate}"
        return SampleKeys(*map(self._key, (name, f"{name}:records", f"{name}:ages", f"{name}:head")))

    def lease(self, stage: Stage, candidate: str) -> str:
        """Owner, token and position of a consumer group."""
        return self._key(f"lease:{stage}:{candidate}")

    def counts(self, candidate: str) -> str:
        return self._key(f"counts:{candidate}")

    def joined(self, candidate: str) -> str:
        """`sums` when the candidate joined: it counts from there."""
        return self._key(f"joined:{candidate}")

    def left(self, candidate: str) -> str:
        """`sums` when the candidate was removed: it counts until there."""
        return self._key(f"left:{candidate}")

    def summary(self, candidate: str, name: str) -> str:
        """One summary; `name` is `<epoch>:<hour>`."""
        return self._key(f"summary:{candidate}:{name}")

    def summary_stamps(self, candidate: str) -> str:
        """By short name: what is new with each commit of the summary."""
        return self._key(f"stamps:{candidate}")

    def summary_names(self, candidate: str) -> str:
        return self._key(f"summaries:{candidate}")

    def _stream(self, name: str) -> StreamKeys:
        return StreamKeys(self._key(name), self._key(f"{name}:ledger"), self._key(f"{name}:head"))


def partitions(route: str) -> str:
    """Into how many partitions a route was ever split."""
    return f"us:partitions:{route}"


def epochs(candidate: str) -> str:
    return f"us:epochs:{candidate}"


def examples(candidate: str, epoch: int) -> str:
    return f"us:examples:{candidate}:{epoch}"


def farthest(candidate: str, epoch: int, plan: str, output: str) -> str:
    """The pairs of an output that are farthest apart; plan and output hold whatever traffic wrote."""
    named = hashlib.sha256(f"{len(plan)} {plan} {output}".encode(errors="surrogatepass")).hexdigest()[:32]
    return f"us:farthest:{candidate}:{epoch}:{named}"


def conditions(candidate: str, epoch: int, later: int = 0) -> str:
    """By which its requests are told apart, of each plan. `later`: of how many enumerations after the first."""
    return f"us:later-conditions:{later}:{candidate}:{epoch}" if later else f"us:conditions:{candidate}:{epoch}"


def answers(route: str, kind: str) -> str:
    """Where the answers are that a plan is to be decided from, in whichever partition. `kind` may be as long as it
    likes, and hold whatever clients wrote.
    """
    return f"us:answers:{route}:{hashlib.sha256(kind.encode()).hexdigest()[:32]}"


def present(stage: Stage) -> str:
    """The workers of a stage that are there."""
    return f"us:present:{stage}"


def words(route: str, candidate: str) -> str:
    """What mirror workers say of whether it answers."""
    return f"us:words:{route}:{candidate}"


def history(route: str) -> str:
    """The route's verdicts and promotions; outlives its candidates."""
    return f"us:history:{route}"


def run(name: str) -> RunKeys:
    return RunKeys(f"us:replay:{{{name}}}:state", f"us:replay:{{{name}}}:results")
