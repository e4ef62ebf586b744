"""Examples: a few disagreeing pairs that a person is shown. Bounded, and redacted before anything is cut out of them.

At most MAX_EACH for one kind of difference at one path, so that a frequent one does not crowd out the rest.
"""

from collections import Counter
from datetime import UTC, datetime

from msgspec import Struct

from comparators.compare.outcome import outcome
from comparators.pairs.comparison import Comparison
from comparators.view import View
from records.coding import decoded
from records.nouns import Answer, Body, Headers, Observation, Pair

MAX_EACH = 3
MAX_KINDS = 500  # told apart; after that many no more examples are taken
MAX_EXCERPT_CHARS = 600
MAX_DIFFERENCES = 8
_UNPACKED = 1_048_576


class ExampleDifference(Struct, frozen=True):
    kind: str
    path: str


class ExampleSide(Struct, frozen=True):
    """What one endpoint answered: status or kind of failure, and the beginning of the body."""

    outcome: str
    excerpt: str


class Example(Struct, frozen=True, kw_only=True):
    """One pair, as a person may see it. `share` of its rows disagrees."""

    id: str
    at: str
    plan: str
    share: float
    differences: tuple[ExampleDifference, ...]
    request: str
    asked: str
    production: ExampleSide
    candidate: ExampleSide


class Chooser:
    """Which disagreeing pairs become examples: the first few of each kind."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[str, str, str]] = Counter()

    def wants(self, comparison: Comparison) -> bool:
        if not comparison.rows_disagreeing:
            return False
        kinds = [(comparison.plan, kind, path) for kind, path in comparison.differences[:1]]
        if any(self._taken[kind] >= MAX_EACH for kind in kinds) or len(self._taken) >= MAX_KINDS:
            return False
        self._taken.update(kinds)
        return True


def example(pair: Pair, comparison: Comparison, view: View) -> Example:
    """`pair` is redacted already; the view hides what is to be hidden in paths."""
    request = pair.exchange.request
    return Example(
        id=view.shown(pair.exchange.id),
        at=_time(comparison.wall_ns),
        plan=view.key(comparison.plan),
        share=comparison.rows_disagreeing / comparison.rows,
        differences=tuple(
            ExampleDifference(kind, view.shown_path(path)) for kind, path in comparison.differences[:MAX_DIFFERENCES]
        ),
        request=f"{request.method} {_short(request.target)}",
        asked=_excerpt(request.headers, request.body),
        production=_side(pair.exchange.production),
        candidate=_side(pair.observation),
    )


def _side(observation: Observation) -> ExampleSide:
    ended = observation.outcome
    excerpt = _excerpt(ended.headers, ended.body) if isinstance(ended, Answer) else ended.detail
    return ExampleSide(outcome(observation), _short(excerpt))


def _excerpt(headers: Headers, body: Body) -> str:
    """The body's beginning as text; its size where it is not text."""
    data = body.data if body.cut else decoded(body.data, headers, _UNPACKED)
    if data is None or b"\0" in data[: 4 * MAX_EXCERPT_CHARS]:
        return f"({body.size:,} bytes)"
    return _short(data[: 4 * MAX_EXCERPT_CHARS].decode("utf-8", "replace"))


def _short(text: str) -> str:
    return text if len(text) <= MAX_EXCERPT_CHARS else text[: MAX_EXCERPT_CHARS - 1] + "…"


def _time(wall_ns: int) -> str:
    return datetime.fromtimestamp(wall_ns / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
