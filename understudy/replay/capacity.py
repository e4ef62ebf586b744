"""The highest load that meets thresholds, found by runs at several loads: `understudy replay capacity`."""

import argparse
import sys
from typing import NamedTuple

import msgspec
import orjson

from comparators.metrics.document import Blocks, Code, Heading, Line, Note, Number, Table, TableColumn
from comparators.policy.policy import Policy
from comparators.render import markdown, text
from ground.printable import escaped
from loadtest import amounts
from loadtest.capacity import Found, LoadSearch, Probe, outcome_in_words
from loadtest.validity import LEAST_RATE
from understudy.exit_codes import FAILED, INCONCLUSIVE, INTERRUPTED, OK
from understudy.replay.request import replay_request
from understudy.replay.running import ReplayEnding, replay_session
from understudy.replay.target import Target
from understudy.replay.traffic import WantedSource
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings

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


class CapacityResult(NamedTuple):
    search: LoadSearch
    probes: list[Probe]
    unit: str
    candidate: str
    was_interrupted: bool

    @property
    def exit_code(self) -> int:
        if self.was_interrupted:
            return INTERRUPTED
        if self.search.met(self.probes) is not None:
            return OK
        is_known = any(each.found == "missed" for each in self.probes)
        return FAILED if is_known else INCONCLUSIVE

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
            "capacity": self.search.met(self.probes),
            "lowest_missed": self.search.missed(self.probes),
            "probes": msgspec.to_builtins(self.probes),
        }

    def _document(self) -> Blocks:
        words = [Note((each,)) for each in outcome_in_words(self.search, self.probes, self.unit)]
        columns = tuple(map(TableColumn, ("load", "thresholds", *SHOWN)))
        rows: tuple[Line, ...] = tuple(
            (f"{each.load:.4g}{self.unit}", each.found, *(Number(each.values.get(name), SHOWN[name]) for name in SHOWN))
            for each in sorted(self.probes, key=lambda each: each.load)
        )
        whys = [Note((f"{each.load:.4g}{self.unit}: ", Code(each.why)), "aside") for each in self.probes if each.why]
        return (Heading(1, ("capacity of ", Code(self.candidate))), *words, Table((), columns, rows), *whys)


def capacity_of(
    settings: Settings, arguments: argparse.Namespace, source: WantedSource, target: Target, policy: Policy
) -> CapacityResult:
    """Raises SettingsError, StoreError, EngineError."""
    search, unit = _search(arguments)
    first = replay_request(_at(arguments, search.least, unit))
    probes: list[Probe] = []
    interrupted = False
    with replay_session(settings, source, target, first) as session:
        while not interrupted and (load := search.next(probes)) is not None:
            sys.stderr.write(f"{load:.4g}{unit}: ")
            ending = session.run(replay_request(_at(arguments, load, unit)), policy, None)
            interrupted = ending.was_interrupted
            if not interrupted:
                probes.append(_probe(load, ending))
                sys.stderr.write(f"  {probes[-1].found}\n")
    return CapacityResult(search, probes, unit, target.name, interrupted)


def _probe(load: float, ending: ReplayEnding) -> Probe:
    report, judgement = ending.report, ending.judgement
    told = {name: report.metrics[name].value for name in SHOWN if name in report.metrics}
    if report.load is not None and not report.load.valid:
        return Probe(load=load, found="invalid", why=report.load.invalid_because[0], values=told)
    assert judgement is not None  # noqa: S101 - a search has thresholds
    achieved, planned = (report.metrics[name].value for name in ("rate.achieved", "rate.planned"))
    if achieved is not None and planned is not None and achieved < LEAST_RATE * planned:
        why = f"of {planned:.4g} requests a second {achieved:.4g} were sent: the others waited for a place"
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


def _at(arguments: argparse.Namespace, load: float, unit: str) -> argparse.Namespace:
    given = argparse.Namespace(**vars(arguments))
    if unit == "x":
        given.speed = f"{load:.6f}x"
    else:
        given.rate = f"{load:.6f}/s"
    return given
