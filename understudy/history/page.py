"""A history as a person reads it: a table of it, and one entry as a record to keep with a release. Pure."""

from collections.abc import Iterator

from msgspec import UNSET, UnsetType

from comparators.evidence.document.lines import version
from comparators.metrics.document import (
    Block,
    Blocks,
    Code,
    Heading,
    Inline,
    Line,
    Listing,
    Moment,
    Note,
    Number,
    Rest,
    Table,
    TableColumn,
)
from comparators.policy.reasons import in_short, told_apart
from ground.plurals import counted
from ground.printable import blanked
from understudy.history.chain import Chain, Link
from understudy.history.entry import CheckNumbers, Fold, HistoryEntry

COLUMNS = ("NUMBER", "TIME", "KIND", "CANDIDATE", "VERSION", "PRODUCTION", "POLICY", "VERDICT", "HASH")
HASH_SHOWN = 12  # characters

_KINDS = {
    "verdict": "Verdict on",
    "recorded": "Recorded verdict on",
    "promotion": "Promotion of",
    "hook": "Hook of the promotion of",
    "event": "Event in the delivery of",
}


# ---- the list


def rows(chain: Chain) -> Iterator[tuple[str, ...]]:
    """In the order of COLUMNS."""
    return (_row(link) for link in chain)


def _row(link: Link) -> tuple[str, ...]:
    what, shown = link.what, link.ends_with[:HASH_SHOWN]
    if isinstance(what, Fold):
        return (
            f"{what.first}-{what.last}",
            f"{what.start} to {what.end}",
            "folded",
            "",
            "",
            "",
            "",
            _folded(what),
            shown,
        )
    sides = (_named(what, side) for side in ("candidate", "production"))
    outcome = f" ({'overridden' if what.override else what.outcome})" if what.override or what.outcome else ""
    return tuple(
        map(
            blanked,
            (
                str(what.number), what.time, what.kind, what.candidate, *sides, what.policy,
                f"{what.verdict}{outcome}", shown,
            ),
        )
    )  # fmt: skip


def _named(entry: HistoryEntry, side: str) -> str:
    told = entry.versions[side]
    return told.version or told.build or "-"


def _folded(fold: Fold) -> str:
    return ", ".join(
        f"{number} {verdict}" + ("" if kind == "verdict" else f" ({kind})")
        for kind, by_verdict in fold.counts.items()
        for verdict, number in by_verdict.items()
    )


# ---- one entry


def record_of(entry: HistoryEntry, own_hash: str) -> Blocks:
    """What was compared, on which traffic, with which coverage, what was decided, and by which rule."""
    return (*_decision(entry), *_compared(entry), *_rule(entry), *_checks(entry), *_place(entry, own_hash))


def _decision(entry: HistoryEntry) -> Iterator[Block]:
    yield Heading(1, (f"{_KINDS[entry.kind]} ", Code(entry.candidate)), ("route ", Code(entry.route)))
    is_alarming = entry.verdict in ("fail", "error")
    yield Note((f"{entry.verdict}: ", *told_apart(entry.reason)), "warning" if is_alarming else "plain")
    if entry.override:
        yield Note(("Decided without a passing verdict.",), "warning")
    if entry.because:
        yield Note(("What was told: " if entry.kind == "event" else "Reason given: ", Code(entry.because)))
    if entry.hook:
        yield Note(
            ("Hook ", Code(entry.hook), ": ", Code(entry.outcome)), "plain" if entry.outcome == "ok" else "warning"
        )
    yield Note(("at ", Moment(entry.time), " UTC, by ", Code(entry.who)))


def _compared(entry: HistoryEntry) -> Iterator[Block]:
    yield Heading(2, ("What was compared",))
    lines: list[Line] = [
        ("candidate ", *version(entry.versions["candidate"]), f", epoch {entry.epoch}"),
        ("production ", *version(entry.versions["production"])),
    ]
    if entry.window.start and entry.window.end:
        when: Line = (" of requests from ", Moment(entry.window.start), " to ", Moment(entry.window.end), " UTC")
        lines.append((counted(entry.pairs, "pair"), *when))
    else:
        lines.append(("no pair",))
    lines.append(("coverage ", Number(entry.coverage, "share"), " of the requests that were to be compared"))
    yield Listing(tuple(lines))


def _rule(entry: HistoryEntry) -> Iterator[Block]:
    yield Heading(2, ("By which rule",))
    policy: Line = ("policy ", Code(entry.policy), f", with alpha {entry.alpha:g} for each check to pass")
    hashes = {"policy": entry.policy_sha256, "report": entry.report_sha256, "settings": entry.settings_sha256}
    told: list[Line] = [(f"SHA-256 of the {name}: ", Code(value)) for name, value in hashes.items() if value]
    yield Listing((policy, *told))


def _checks(entry: HistoryEntry) -> Iterator[Block]:
    if entry.checks:
        yield Heading(2, ("What was found",))
        columns = tuple(map(TableColumn, ("check", "limit", "value", "from", "to", "values", "verdict")))
        rest = Rest(entry.checks_not_listed, "more") if entry.checks_not_listed else None
        yield Table((), columns, tuple(map(_check, entry.checks)), rest)


def _check(check: CheckNumbers) -> Line:
    ends = (_number(each, check.unit) for each in (check.value, check.lo, check.hi))
    warns = " (warns)" if check.severity == "warn" else ""
    limit = f"{'at most' if check.bound == 'max' else 'at least'} {check.limit:g}{warns}"
    return Code(in_short(check.metric)), limit, *ends, Number(check.n, "count"), check.verdict


def _number(value: float | UnsetType, unit: str) -> Inline:
    return Number(None if value is UNSET else value, unit or "count")


def _place(entry: HistoryEntry, own_hash: str) -> Iterator[Block]:
    yield Heading(2, ("In the history",))
    lines: list[Line] = [(f"entry {entry.number}: ", Code(own_hash))]
    lines += [("follows ", Code(entry.before))] if entry.before else []
    lines += [("of promotion ", Code(entry.promotion))] if entry.promotion else []
    yield Listing(tuple(lines))
