"""The highest load that meets thresholds, found by runs at several loads: `understudy replay capacity`."""

import argparse
import sys
from typing import BinaryIO, NamedTuple

import msgspec
import orjson
from msgspec import Struct

from comparators.evidence.report import Report
from comparators.metrics.document import Blocks, Code, Heading, Line, Note, Number, Table, TableColumn
from comparators.policy.judgement import Judgement
from comparators.policy.policy import Policy
from comparators.render import markdown, text
from ground.printable import escaped
from ground.room import NoRoomError
from loadtest import amounts
from loadtest.capacity import Found, LoadSearch, Probe, load_in_words, outcome_in_words
from loadtest.engine.run import EngineError
from loadtest.outcome import INTERRUPTED as OUTCOME_INTERRUPTED
from loadtest.validity import LEAST_RATE
from understudy.exit_codes import BROKEN, FAILED, INCONCLUSIVE, INTERRUPTED, OK
from understudy.replay.forms import keys_first
from understudy.replay.request import ReplayRequest, replay_request
from understudy.replay.results import ResultsWriter
from understudy.replay.running import ReplayEnding, ReplaySession
from understudy.settings.loading import SettingsError

KEPT_SCHEMA = "understudy.capacity/1"
# What a table of probes shows, and its unit.
SHOWN = {
    "rate.achieved": "per_s",
    "response.p50_ms": "ms",
    "response.p99_ms": "ms",
    "disagreement.rate": "share",
    "failures.rate": "share",
    "goodput": "per_s",
}
_FOUND: dict[str, Found] = {"pass": "met", "fail": "missed"}


class CapacityHead(Struct, frozen=True, kw_only=True):
    """The first line of a file that keeps a search: JSON Lines, then a KeptProbe for each run as it ended, and last a
    CapacityEnd. One that was killed has none.
    """

    schema: str = KEPT_SCHEMA
    candidate: str
    target: str
    source: str
    unit: str
    least: float
    most: float


class KeptProbe(Struct, frozen=True, kw_only=True):
    """A probe, with all that its run came to."""

    load: float
    found: Found
    why: str
    report: Report
    judgement: Judgement | None


class CapacityEnd(Struct, frozen=True, kw_only=True):
    """`ended_because`: before its end, why."""

    capacity: float | None
    lowest_missed: float | None
    ended_because: str


class CapacityResult(NamedTuple):
    """`kept`: of each probe all that its run came to. `broken`: what went wrong here, though there is a result."""

    search: LoadSearch
    probes: list[Probe]
    kept: list[KeptProbe]
    unit: str
    candidate: str
    was_interrupted: bool
    broken: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        if self.was_interrupted:
            return INTERRUPTED
        if self.broken:
            return BROKEN
        if self.probes and self.probes[-1].found == "invalid":
            return INCONCLUSIVE
        if self.search.met(self.probes) is not None:
            return OK
        is_known = any(each.found == "missed" for each in self.probes)
        return FAILED if is_known else INCONCLUSIVE

    @property
    def ended_because(self) -> str:
        """Before its end, why."""
        return OUTCOME_INTERRUPTED if self.was_interrupted else next(iter(self.broken), "")

    @property
    def end(self) -> CapacityEnd:
        met, missed = self.search.met(self.probes), self.search.missed(self.probes)
        return CapacityEnd(capacity=met, lowest_missed=missed, ended_because=self.ended_because)

    def printed(self, form: str) -> str:
        if form == "json":
            return escaped(orjson.dumps(self._document_of_json(), option=orjson.OPT_INDENT_2).decode()) + "\n"
        blocks = self._document()
        return markdown.render(blocks) if form == "markdown" else text.render(blocks, text.WIDTH)

    def _document_of_json(self) -> object:
        return {
            "schema": 1,
            "candidate": self.candidate,
            "unit": self.unit,
            "ended_because": self.ended_because,
            "capacity": self.search.met(self.probes),
            "lowest_missed": self.search.missed(self.probes),
            "probes": [
                msgspec.to_builtins(probe) | msgspec.to_builtins(keys_first(kept.report, kept.judgement))
                for probe, kept in zip(self.probes, self.kept, strict=True)
            ],
        }

    def _document(self) -> Blocks:
        words = [Note((each,)) for each in outcome_in_words(self.search, self.probes, self.unit)]
        if self.ended_because:
            words.insert(0, Note(("the search ended before it was over: ", Code(self.ended_because)), "warning"))
        columns = tuple(map(TableColumn, ("load", "thresholds", *SHOWN)))
        rows: tuple[Line, ...] = tuple(
            (
                load_in_words(each.load, self.unit),
                each.found,
                *(Number(each.values.get(name), SHOWN[name]) for name in SHOWN),
            )
            for each in sorted(self.probes, key=lambda each: each.load)
        )
        whys = [
            Note((f"{load_in_words(each.load, self.unit)}: ", Code(each.why)), "aside")
            for each in self.probes
            if each.why
        ]
        return (Heading(1, ("capacity of ", Code(self.candidate))), *words, Table((), columns, rows), *whys)


class WantedSearch(NamedTuple):
    """From which load to which. `arguments`: the command line, whose other options each run has."""

    arguments: argparse.Namespace
    search: LoadSearch
    unit: str

    def at(self, load: float) -> ReplayRequest:
        """Raises SettingsError."""
        given = argparse.Namespace(**vars(self.arguments))
        if self.unit == "x":
            given.speed = f"{load:.6f}x"
        else:
            given.rate = f"{load:.6f}/s"
        return replay_request(given)


def wanted_search(arguments: argparse.Namespace) -> WantedSearch:
    """Raises SettingsError, before a source is read."""
    search, unit = _search(arguments)
    wanted = WantedSearch(arguments, search, unit)
    wanted.at(search.least)
    return wanted


def capacity_of(
    session: ReplaySession, wanted: WantedSearch, policy: Policy, output: BinaryIO | None
) -> CapacityResult:
    """Each probe is kept in `output` as it ends. Raises SettingsError."""
    search, unit = wanted.search, wanted.unit
    writer = ResultsWriter(output)
    writer.write([_head(session, wanted)])
    probes: list[Probe] = []
    kept: list[KeptProbe] = []
    interrupted, broken = False, ""
    try:
        while not (interrupted or broken) and (load := search.next(probes)) is not None:
            sys.stderr.write(f"{load_in_words(load, unit)}: ")
            ending = session.run(wanted.at(load), policy, None)
            interrupted, broken = ending.was_interrupted, next(iter(ending.broken), "")
            if not (interrupted or broken):
                probes.append(_probe(load, ending))
                kept.append(_kept(probes[-1], ending))
                writer.write(kept[-1:])
                sys.stderr.write(f"  {probes[-1].found}\n")
    except KeyboardInterrupt:
        interrupted = True
    except (EngineError, NoRoomError) as error:  # what the probes before it found stands
        broken = str(error)
    found = CapacityResult(search, probes, kept, unit, session.target, interrupted, tuple(filter(None, (broken,))))
    writer.write([found.end])
    return found._replace(broken=(*found.broken, *filter(None, (writer.failure,))))


def _head(session: ReplaySession, wanted: WantedSearch) -> CapacityHead:
    search = wanted.search
    return CapacityHead(
        candidate=session.target, target=session.url, source=session.source, unit=wanted.unit, least=search.least,
        most=search.most,
    )  # fmt: skip


def _kept(probe: Probe, ending: ReplayEnding) -> KeptProbe:
    return KeptProbe(
        load=probe.load, found=probe.found, why=probe.why, report=ending.report, judgement=ending.judgement
    )


def _probe(load: float, ending: ReplayEnding) -> Probe:
    report, judgement = ending.report, ending.judgement
    told = {name: report.metrics[name].value for name in SHOWN if name in report.metrics}
    if report.load is not None and not report.load.valid:
        return Probe(load=load, found="invalid", why=report.load.invalid_because[0], values=told)
    assert judgement is not None  # noqa: S101 - a search has thresholds
    achieved, planned = (report.metrics[name].value for name in ("rate.achieved", "rate.planned"))
    if achieved is not None and planned is not None and achieved < LEAST_RATE * planned:
        sent, of = (load_in_words(each, "/s") for each in (achieved, planned))
        why = f"of {of} {sent} were sent: the others waited for a place"
        return Probe(load=load, found="missed", why=why, values=told)
    why = "" if judgement.verdict == "pass" else judgement.reason
    return Probe(load=load, found=_FOUND.get(judgement.verdict, "undecided"), why=why, values=told)


def _search(arguments: argparse.Namespace) -> tuple[LoadSearch, str]:
    is_speed = arguments.least.endswith(("x", "%"))
    read = amounts.speed if is_speed else amounts.per_second
    try:
        least, most = read(arguments.least), read(arguments.most)
    except ValueError as error:
        raise SettingsError("--least", f"{error}; --most is written alike") from None
    if least > most:
        raise SettingsError("--most", f"expected at least --least, which is {arguments.least}", arguments.most)
    return LoadSearch(least, most), "x" if is_speed else "/s"
