"""Examples: a few disagreeing pairs that a person is shown. Bounded, and redacted before anything is cut out of them.

At most MAX_EACH for one kind of difference at one path, so that a frequent one does not crowd out the rest.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from comparators.compare.outcome import outcome
from comparators.pairs.comparison import Comparison
from comparators.view import View
from ground.moments import moment
from records.coding import decoded
from records.nouns import Answer, Body, Headers, Observation, Pair

MAX_EACH = 3
MAX_KINDS = 500  # of an epoch, told apart; after that many no more examples are taken
MAX_EXCERPT_CHARS = 600
MAX_DIFFERENCES = 8
_UNPACKED = 1_048_576


class ExampleDifference(Struct, frozen=True):
    kind: str
    path: str


class ExampleSide(Struct, frozen=True):
    """What one endpoint answered: status or kind of failure, and the beginning of the body. `left_out`: how many more
    characters it has; None where nobody knows, since not all of it was recorded.
    """

    outcome: str
    excerpt: str
    left_out: int | None = None


class Example(Struct, frozen=True, kw_only=True):
    """One pair, as a person may see it. `share` of its rows disagrees. What was asked is a beginning as well, and its
    `left_out` is meant as that of an answer.
    """

    id: str
    at: str
    plan: str
    share: float
    differences: tuple[ExampleDifference, ...]
    request: str
    asked: str
    production: ExampleSide
    candidate: ExampleSide
    request_left_out: int | None = None
    asked_left_out: int | None = None


class _Beginning(NamedTuple):
    """Of a text, and how many characters follow; None where nobody knows."""

    text: str
    left_out: int | None

    @classmethod
    def of(cls, text: str, is_whole: bool = True) -> "_Beginning":
        return cls(text[:MAX_EXCERPT_CHARS], max(0, len(text) - MAX_EXCERPT_CHARS) if is_whole else None)


class Chooser:
    """Which disagreeing pairs of an epoch become examples: the first few of each kind."""

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


def few_of_each(examples: Sequence[Example]) -> list[Example]:
    """Those that several have chosen, of each kind at each path again the first few."""
    taken: Counter[tuple[str, tuple[ExampleDifference, ...]]] = Counter()
    found = []
    for each in examples:
        kind = each.plan, each.differences[:1]
        taken[kind] += 1
        if taken[kind] <= MAX_EACH and len(taken) <= MAX_KINDS:
            found.append(each)
    return found


def example(pair: Pair, comparison: Comparison, view: View) -> Example:
    """`pair` is redacted already; the view hides what is to be hidden in paths."""
    request = pair.exchange.request
    target = _Beginning.of(request.target)
    asked = _beginning(request.headers, request.body)
    return Example(
        id=view.shown(pair.exchange.id),
        at=moment(comparison.wall_ns),
        plan=view.key(comparison.plan),
        share=comparison.rows_disagreeing / comparison.rows,
        differences=tuple(
            ExampleDifference(kind, view.shown_path(path)) for kind, path in comparison.differences[:MAX_DIFFERENCES]
        ),
        request=f"{request.method} {target.text}",
        request_left_out=target.left_out,
        asked=asked.text,
        asked_left_out=asked.left_out,
        production=_side(pair.exchange.production),
        candidate=_side(pair.observation),
    )


def _side(observation: Observation) -> ExampleSide:
    ended = observation.outcome
    said = _beginning(ended.headers, ended.body) if isinstance(ended, Answer) else _Beginning.of(ended.detail)
    return ExampleSide(outcome(observation), said.text, said.left_out)


def _beginning(headers: Headers, body: Body) -> _Beginning:
    """As text; its size where it is not text."""
    data = body.data if body.cut else decoded(body.data, headers, _UNPACKED)
    if data is None or b"\0" in data[: 4 * MAX_EXCERPT_CHARS]:
        return _Beginning(f"({body.size:,} bytes)", 0)
    return _Beginning.of(data.decode("utf-8", "replace"), is_whole=not body.cut)
