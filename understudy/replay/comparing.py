"""Two runs side by side, from their results files: `understudy replay compare`."""

from pathlib import Path

import msgspec
import orjson

from comparators.render import markdown, text
from ground.printable import escaped
from loadtest.errors import SourceError
from loadtest.side_by_side import PlannedRun, compared, document_of
from understudy.replay.results import read_results
from understudy.settings.loading import SettingsError


def compared_runs(first: str, second: str, form: str) -> str:
    """Raises SettingsError."""
    one, other = _run("A", first), _run("B", second)
    try:
        found = compared(one, other)
    except SourceError as error:
        raise SettingsError("B", str(error)) from None
    if form == "json":
        document = {"schema": 1, "plan_sha256": one.plan_sha256, "first": first, "second": second, "paired": found}
        return escaped(orjson.dumps(msgspec.to_builtins(document), option=orjson.OPT_INDENT_2).decode()) + "\n"
    blocks = document_of(one, other, found)
    return markdown.render(blocks) if form == "markdown" else text.render(blocks, text.WIDTH)


def _run(option: str, name: str) -> PlannedRun:
    results = read_results(option, name)
    return PlannedRun(Path(name).name, results.head.plan_sha256, results.rows, results.end.report)
