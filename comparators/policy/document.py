"""The document of a judgement: the verdict and why, what it rests on, each check, and what to do next.

Checks stand in the order in which a person needs them: failed, undecided, missed ones that only warn, passed. No more
than `listed` of them are shown, the others are counted; names and words from outside are cut at MAX_TEXT.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, get_args

from msgspec import UNSET, UnsetType

from comparators.evidence.document.lines import joined, version
from comparators.metrics.document import (
    Block,
    Blocks,
    Code,
    Heading,
    Inline,
    Line,
    Listing,
    Mark,
    MetricValue,
    Moment,
    Note,
    Number,
    Rest,
    Table,
    TableColumn,
)
from comparators.policy.amount import Amount, lasts_s, seconds
from comparators.policy.checking import allowed
from comparators.policy.judgement import CheckResult, Judgement, Verdict
from comparators.policy.limit import Outcome
from comparators.policy.next_steps import next_steps
from comparators.policy.reasons import in_short, span, told_apart, unquoted
from comparators.render.grid import shortened
from ground.plurals import counted

LISTED = 200  # checks
MAX_TEXT = 500  # characters of one text from outside
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

VERDICTS: dict[Verdict, Inline] = {
    "pass": Mark("PASS", "better"),
    "fail": Mark("FAIL", "worse"),
    "inconclusive": "INCONCLUSIVE",
    "error": Mark("ERROR", "worse"),
}


class _CheckColumn(NamedTuple):
    title: str
    cell: Callable[[CheckResult], Inline]


class _Section(NamedTuple):
    """Checks that came out alike; `last` is a column of their own."""

    title: str
    checks: Sequence[CheckResult]
    last: _CheckColumn


def document_of(judgement: Judgement, listed: int = LISTED) -> Blocks:
    return (
        *_head(judgement),
        *checks_of(judgement, listed),
        *_list("What to do next", next_steps(judgement)),
        *_foot(judgement),
    )


def checks_of(judgement: Judgement, listed: int = LISTED) -> Blocks:
    """The checks, and what is to be known of them; for who says the rest himself."""
    return (*_checks(judgement, listed), *_list("Notes", map(told_apart, judgement.notes)))


# ---- the verdict, and what it rests on


def _head(judgement: Judgement) -> Iterator[Block]:
    policy: Line = (", policy ", Code(judgement.policy)) if judgement.policy else ()
    title: Line = (VERDICTS[judgement.verdict], " ", Code(judgement.candidate))
    yield Heading(1, _cut(title), _cut(("against production, route ", Code(judgement.route), *policy)))
    is_alarming = judgement.verdict in ("fail", "error")
    yield Note(_cut(told_apart(judgement.reason)), "warning" if is_alarming else "plain")
    yield from _basis(judgement)


def _basis(judgement: Judgement) -> Iterator[Block]:
    production, candidate = (version(judgement.versions[side]) for side in ("production", "candidate"))
    sides: Line = ("candidate ", *candidate, " against production ", *production)
    yield Note(_cut((*sides, f", epoch {judgement.epoch}")), "aside")
    start, end = judgement.window.start, judgement.window.end
    if start and end:
        compared = counted(judgement.pairs, "pair")
        when: Line = (f"{compared} from ", Moment(start), " to ", Moment(end), " UTC")
        yield Note((*when, ", coverage ", Number(judgement.coverage, "share")), "aside")


# ---- checks


def _checks(judgement: Judgement, listed: int) -> Iterator[Block]:
    of, room = counted(len(judgement.checks), "check"), listed
    for title, checks, last in _sections(judgement):
        if checks:
            yield Heading(2, (title,), (f"{len(checks):,} of {of}",))
            yield _table(checks[:room], last, len(checks[room:]))
            room = max(0, room - len(checks))


def _sections(judgement: Judgement) -> Iterator[_Section]:
    by_verdict = {verdict: [each for each in judgement.checks if each.verdict == verdict] for verdict in OUTCOMES}
    missed = by_verdict["fail"]
    since_s = seconds(judgement.judged_at) - seconds(judgement.window.end)
    amount = Amount(judgement.pairs, lasts_s(judgement.window), judgement.coverage, since_s)
    why = _CheckColumn("why", lambda each: Code(each.why))
    yield _Section("Failed", [each for each in missed if each.severity == "fail"], why)
    yield _Section(
        "Undecided", by_verdict["inconclusive"], _CheckColumn("more pairs", lambda each: _needs(each, amount))
    )
    yield _Section("Warnings", [each for each in missed if each.severity == "warn"], why)
    yield _Section("Passed", by_verdict["pass"], _CheckColumn("", lambda _: ""))


def _table(checks: Sequence[CheckResult], last: _CheckColumn, more: int) -> Table:
    """Without the last column where it would be empty."""
    columns = [*_COLUMNS, last] if any(map(_is_filled, map(last.cell, checks))) else _COLUMNS
    rows = tuple(_cut(tuple(column.cell(each) for column in columns)) for each in checks)
    return Table((), tuple(TableColumn(column.title) for column in columns), rows, Rest(more, "more") if more else None)


def _measured(each: CheckResult) -> Inline:
    """What the check says itself where the report has no such metric."""
    if not each.method:
        return Code(unquoted(each.open_since))
    return MetricValue(
        address=each.metric,
        label=in_short(each.metric),
        value=_known(each.value),
        lo=_known(each.lo),
        hi=_known(each.hi),
        n=each.n,
        unit=each.unit,
        method=each.method,
        reason=each.open_since,
        signed=each.signed,
    )


def _limit(each: CheckResult) -> str:
    warns = each.severity == "warn" and each.verdict != "fail"
    return f"{allowed(each, each.unit)}{' (warns)' if warns else ''}"


def _needs(each: CheckResult, amount: Amount) -> str:
    if each.pairs_needed is UNSET:
        return ""
    takes_s = amount.seconds_for(each.pairs_needed)
    return f"about {each.pairs_needed:,}{f' ({span(takes_s)})' if takes_s else ''}"


_COLUMNS = (
    _CheckColumn("check", lambda each: Code(in_short(each.metric))),
    _CheckColumn("measured", _measured),
    _CheckColumn("limit", _limit),
)


def _is_filled(cell: Inline) -> bool:
    return cell not in ("", Code(""))


def _known(number: float | UnsetType) -> float | None:
    return None if number is UNSET else number


# ---- the rest


def _list(title: str, lines: Iterable[Line]) -> Iterator[Block]:
    items = tuple(map(_cut, lines))
    if items:
        yield Heading(2, (title,))
        yield Listing(items)


def _foot(judgement: Judgement) -> Iterator[Block]:
    if judgement.checks:
        confidence = Number(1 - judgement.alpha, "share")
        passing: Line = ("Each check passes with ", confidence, " confidence, at every look at once")
        yield Note((*passing, "; failing takes that of all of them together."), "aside")
    yield Note(("judged at ", Moment(judgement.judged_at), " UTC"), "aside")
    known = {
        "SHA-256 of the policy": judgement.policy_sha256,
        "SHA-256 of the report": judgement.report_sha256,
        "record": judgement.record,
        "evidence": judgement.url,
    }
    told = [(f"{name} ", Code(value)) for name, value in known.items() if value]
    if told:
        yield Note(_cut(joined(told, ", ")), "aside")


def _cut(line: Line) -> Line:
    return tuple(Code(shortened(each.text, MAX_TEXT)) if isinstance(each, Code) else each for each in line)
