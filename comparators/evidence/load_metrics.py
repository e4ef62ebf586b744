"""The metrics of a replay: how a load was sent, and how long its answers took under it. Pure.

What a request waits for differs from what its neighbours wait for by little, so a quantile of one run's times has an
interval by what differs between stretches of the run: each distribution and quantile has a design effect of its own
(`effects`), which the load test measures. Rates and goodput are those of the run, counted.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from comparators.metrics import metric, variants, ways
from comparators.metrics.definition import Definition, NamedSketch, sketches
from comparators.metrics.metric import Derivation, Metric
from comparators.metrics.way import Way
from comparators.statistics.estimate import Estimate, Interval
from comparators.statistics.sketch import Sketch

ONLY_WHERE = "recorded traffic was replayed"
STREAMED = f"{ONLY_WHERE}, and answers are streams of tokens"
NS_PER_MS, _NS_PER_S = 1_000_000, 1_000_000_000
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
# By their names in metrics: their sums, and their words.
TIMES = {
    "response": "from when it was due to the last answer byte, with all waiting",
    "service": "from the last request byte to the last answer byte",
    "first_byte": "from the last request byte to the first answer byte",
    "lag": "by which the generator itself was late to send it",
}
# Likewise, of answers that are streams of tokens.
TOKEN_TIMES = {
    "first_token": "from the last request byte to the first piece of a stream that carries output",
    "between_tokens": "between two such pieces, on average over its stream",
}


class PaceSums(Struct, frozen=True):
    """So many requests in so long; a rate is that of the pauses between them."""

    requests: int = 0
    ns: int = 0


class LoadSums(Struct, kw_only=True):
    """Of the requests that count. Times in ns; those that were cut off at a timeout are censored. `right`: answers that
    agree with production's, in all the time there was, and `tokens` likewise those of streams. `effects`: by metric, 1
    where there is none.
    """

    response: Sketch = field(default_factory=Sketch)
    service: Sketch = field(default_factory=Sketch)
    first_byte: Sketch = field(default_factory=Sketch)
    lag: Sketch = field(default_factory=Sketch)
    first_token: Sketch = field(default_factory=Sketch)
    between_tokens: Sketch = field(default_factory=Sketch)
    requests: int = 0
    failures: int = 0
    planned: PaceSums = PaceSums()
    achieved: PaceSums = PaceSums()
    right: PaceSums = PaceSums()
    tokens: PaceSums = PaceSums()
    effects: dict[str, float] = field(default_factory=dict)


def load_metrics(sums: LoadSums, alpha: float) -> dict[str, Metric]:
    found = ((each.name, each.metric(sums, alpha, sums.effects.get(each.name, 1.0))) for each in METRICS)
    return {name: each for name, each in found if each is not None}


def load_sketches(sums: LoadSums) -> Mapping[str, NamedSketch]:
    """What these are quantiles of."""
    return sketches(METRICS, sums)


def _of_pauses(pace: PaceSums, _alpha: float, **_: float) -> Derivation:
    """Of n requests there are n - 1 pauses."""
    return _counted(max(0, pace.requests - 1), pace)


def _of_tokens(pace: PaceSums, alpha: float, **_: float) -> Derivation | None:
    return _of_time(pace, alpha) if pace.requests else None


def _of_time(pace: PaceSums, _alpha: float, **_: float) -> Derivation:
    return _counted(pace.requests, pace)


def _counted(count: int, pace: PaceSums) -> Derivation:
    """What was counted of everything there is has no uncertainty."""
    value = count * _NS_PER_S / pace.ns if pace.ns > 0 else None
    reason = "" if value is not None else "it takes two requests at different times"
    return Derivation(
        Estimate(value, Interval(value, value), reason), pace.requests, {"requests": pace.requests, "ns": pace.ns}
    )


def _times() -> Iterator[Definition]:
    for name, what in TIMES.items():
        for short, q in QUANTILES.items():
            yield Definition(
                f"{name}.{short}_ms", "ms", "lower", f"{name.replace('_', ' ')}, {short}",
                variants.in_units(ways.quantile(q, f"load.{name}"), NS_PER_MS), (name,),
                f"The {short} of a request's time {what}.",
                only_where=ONLY_WHERE, scopes=("route",), headline=(name, short) == ("response", "p99"),
            )  # fmt: skip


def _token_times() -> Iterator[Definition]:
    for name, what in TOKEN_TIMES.items():
        for short, q in QUANTILES.items():
            way = variants.where_known(ways.quantile(q, f"load.{name}"))
            yield Definition(
                f"{name}.{short}_ms", "ms", "lower", f"{name.replace('_', ' ')}, {short}",
                variants.in_units(way, NS_PER_MS), (name,),
                f"The {short} of a request's time {what}.",
                only_where=STREAMED, scopes=("route",),
            )  # fmt: skip


METRICS = (
    *_times(),
    *_token_times(),
    Definition(
        "rate.tokens", "per_s", "higher", "tokens",
        Way(metric.COUNT, _of_tokens), ("tokens",),
        "Tokens a second of all streams, as the endpoint counts them or else pieces that carry output, from when the "
        "first request was due to the last answer.",
        only_where=STREAMED, scopes=("route",),
    ),
    Definition(
        "failures.rate", "share", "lower", "failures",
        ways.SHARE, ("failures", "requests"),
        "The share of requests that were not answered, or with a status from 500 on.",
        only_where=ONLY_WHERE, scopes=("route",), headline=True,
    ),
    Definition(
        "rate.planned", "per_s", "neither", "rate, as planned",
        Way(metric.COUNT, _of_pauses), ("planned",),
        "Requests a second by the plan, from the first that was due to the last.",
        only_where=ONLY_WHERE, scopes=("route",),
    ),
    Definition(
        "rate.achieved", "per_s", "higher", "rate, as sent",
        Way(metric.COUNT, _of_pauses), ("achieved",),
        "Requests a second as they were sent, from the first to the last.",
        only_where=ONLY_WHERE, scopes=("route",), headline=True,
    ),
    Definition(
        "goodput", "per_s", "higher", "goodput of right answers",
        Way(metric.COUNT, _of_time), ("right",),
        "Answers a second that agree with production's, from when the first request was due to the last answer.",
        only_where=ONLY_WHERE, scopes=("route",), headline=True,
    ),
)  # fmt: skip
