"""Runs that nobody sent: rows as columns, and the report that goes with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from comparators.evidence.load import LoadReport
from comparators.evidence.load_metrics import load_metrics
from comparators.evidence.report import Report
from loadtest.measuring import curve, load_sums
from loadtest.results.rows import ResultColumns
from tests.comparators.render.made import whole

S, MS, US = 1_000_000_000, 1_000_000, 1_000
ALPHA = 0.05


def run_of(due: Sequence[int], service: Sequence[int], **changes: Any) -> ResultColumns:
    """Each is sent 50 µs after it was due, unless told otherwise, and ends after its service time."""
    n = len(due)
    own = np.asarray(due, np.int64)
    sent = np.asarray(changes.pop("sent", own + 60 * US), np.int64)
    done = sent + np.asarray(service, np.int64)
    told: dict[str, Any] = {
        "n": np.arange(n),
        "due": own,
        "ready": own,
        "issued": own + 50 * US,
        "sent": sent,
        "first_byte": done,
        "done": done,
        "status": np.full(n, 200, np.int16),
        "failed": np.zeros(n, np.bool_),
        "timed_out": np.zeros(n, np.bool_),
        "bytes_out": np.full(n, 600),
        "bytes_in": np.full(n, 30),
        "recorded": np.full(n, 8 * MS),
        **{name: np.full(n, -1) for name in ("first_token", "last_token", "tokens")},
        "token_events": np.zeros(n, np.int64),
        "disagrees": np.zeros(n),
        "warmup": np.zeros(n, np.bool_),
    }
    return ResultColumns(**{**told, **changes})


def queued(due: np.ndarray, service: np.ndarray, places: int) -> np.ndarray:
    """When each can be sent, if there is room for so many at once."""
    free, sent = np.zeros(places, np.int64), np.empty(len(due), np.int64)
    for at, (own, takes) in enumerate(zip(due.tolist(), service.tolist(), strict=True)):
        place = int(np.argmin(free))
        sent[at] = max(own, free[place])
        free[place] = sent[at] + takes
    return sent


def ramp(seed: int = 1) -> ResultColumns:
    """From 100 to 1,000 requests a second in a minute, to a server that manages about 660: its queue grows, answers
    disagree more where it is busy, and some time out.
    """
    random = np.random.default_rng(seed)
    rates = np.linspace(100, 1_000, 60)
    due = np.sort(np.concatenate([second + random.random(int(rate)) for second, rate in enumerate(rates)]) * S)
    due = due.astype(np.int64)
    service = (random.gamma(4, 3.0, len(due)) * MS).astype(np.int64)
    sent_to_worker = queued(due, service, 8)
    wait = sent_to_worker - due
    rate = rates[np.minimum(59, due // S)]
    timed_out = wait > 4 * S
    disagrees = (random.random(len(due)) < 0.01 + 0.08 * (rate > 700) + 0.06 * (rate / 1_000) ** 4).astype(float)
    disagrees[timed_out] = np.nan
    lag = (random.gamma(2, 40, len(due)) * US).astype(np.int64)
    sent = due + lag + 10 * US
    return run_of(
        due.tolist(), np.minimum(wait + service, 4 * S).tolist(), sent=sent, issued=due + lag, timed_out=timed_out,
        failed=timed_out, status=np.where(timed_out, 0, 200).astype(np.int16), disagrees=disagrees,
        recorded=(random.gamma(4, 2.2, len(due)) * MS).astype(np.int64), warmup=due < 2 * S,
    )  # fmt: skip


def stall(seed: int = 1) -> ResultColumns:
    """200 a second for half a minute, four in flight at most; at 12 s the server says nothing for 1.4 s."""
    random = np.random.default_rng(seed)
    due = (np.arange(6_000) * 5 * MS).astype(np.int64)
    service = (random.gamma(8, 0.7, len(due)) * MS).astype(np.int64)
    service[2_400:2_404] += int(1.4 * S)
    ready = queued(due, service, 4)
    disagrees = (random.random(len(due)) < 0.02).astype(float)
    issued = ready + (random.gamma(2, 30, len(due)) * US).astype(np.int64)
    return run_of(
        due.tolist(), service.tolist(), ready=ready, issued=issued, sent=issued + 12 * US, disagrees=disagrees,
        recorded=(service * random.lognormal(0.2, 0.3, len(due))).astype(np.int64),
    )  # fmt: skip


def many(n: int, seed: int = 1) -> ResultColumns:
    """As many as one likes, with something of everything."""
    random = np.random.default_rng(seed)
    due = np.sort(random.random(n) * n / 1_000 * S).astype(np.int64)
    timed_out = random.random(n) < 0.001
    return run_of(
        due.tolist(), (random.lognormal(1, 1, n) * MS).astype(np.int64).tolist(), timed_out=timed_out,
        failed=timed_out | (random.random(n) < 0.002), recorded=(random.lognormal(1.2, 1, n) * MS).astype(np.int64),
        disagrees=np.where(random.random(n) < 0.01, np.nan, random.random(n) < 0.1), warmup=np.arange(n) < n // 100,
        issued=due + (random.lognormal(4, 1, n) * US).astype(np.int64),
    )  # fmt: skip


def none() -> ResultColumns:
    return run_of([], [])


def report_on(rows: ResultColumns, report: Report | None = None, **changes: Any) -> Report:
    """Of a replay that had these rows."""
    counting = rows.counting()
    told: dict[str, Any] = {
        "target": "http://127.0.0.1:9777", "rhythm": "as recorded", "plan_sha256": "0" * 64,
        "started": "2026-11-27T22:56:01.997Z", "lasted_s": 60.0, "requests": len(rows.n), "warmup": 0,
        "sent": len(rows.n), "not_sent": {}, "given_up": 0, "scored": len(rows.n), "unscored": {}, "failures": {},
        "statuses": {}, "skipped": {}, "kept_ratio": 1.0, "filled": 0, "copies": 1.0, "processes": 1, "cpu_s": 1.0,
        "scoring_cpu_s": 1.0, "drift_ms": 0.1, "curve": curve(counting, ALPHA),
    }  # fmt: skip
    load = LoadReport(**{**told, **changes})
    base = whole() if report is None else report
    own = {name: each for name, each in base.metrics.items() if not name.startswith("latency.production")}
    return replace(base, load=load, metrics={**own, **load_metrics(load_sums(counting), ALPHA)})
