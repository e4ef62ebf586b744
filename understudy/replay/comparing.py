"""Two runs side by side, from their results files: `understudy replay compare`."""

from pathlib import Path
from typing import NamedTuple

import msgspec
import orjson

from comparators.render import markdown, text
from ground.printable import escaped
from loadtest.errors import SourceError
from loadtest.side_by_side import PairedValue, PlannedRun, compared, document_of, notes_on
from understudy.replay.results import read_results
from understudy.settings.loading import SettingsError


class ComparedRuns(NamedTuple):
    """`are_evidence`: both are."""

    printed: str
    are_evidence: bool


def compared_runs(first: str, second: str, form: str) -> ComparedRuns:
    """Raises SettingsError."""
    one, other = _run("A", first), _run("B", second)
    try:
        found = compared(one, other)
    except SourceError as error:
        raise SettingsError("B", str(error)) from None
    names = first, second
    return ComparedRuns(_printed(one, other, names, found, form), all(_is_evidence(each) for each in (one, other)))


def _printed(one: PlannedRun, other: PlannedRun, names: tuple[str, str], found: list[PairedValue], form: str) -> str:
    if form == "json":
        document = {
            "schema": 1, "plan_sha256": one.plan_sha256, "first": names[0], "second": names[1],
            "notes": list(notes_on(one, other)), "paired": found,
        }  # fmt: skip
        return escaped(orjson.dumps(msgspec.to_builtins(document), option=orjson.OPT_INDENT_2).decode()) + "\n"
    blocks = document_of(one, other, found)
    return markdown.render(blocks) if form == "markdown" else text.render(blocks, text.WIDTH)


def _is_evidence(run: PlannedRun) -> bool:
    return run.report.load is None or run.report.load.valid


def _run(option: str, name: str) -> PlannedRun:
    results = read_results(option, name)
    head = results.head
    return PlannedRun(Path(name).name, head.plan_sha256, results.rows, results.end.report, head.judged_by)
