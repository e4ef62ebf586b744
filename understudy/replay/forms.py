"""What is printed of a run: the report in short with the verdict behind it, or all of it for other programs."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec
import orjson

from comparators.evidence.document.whole import document_of, summary_of
from comparators.evidence.report import Report
from comparators.metrics.document import Block, Note
from comparators.policy import junit
from comparators.policy.document import VERDICTS, checks_of
from comparators.policy.judgement import Judgement
from comparators.policy.reasons import told_apart
from comparators.render import markdown, text
from ground.printable import escaped
from loadtest.results.distributions import histogram_of_times, left_out_in_words
from loadtest.results.hgrm import hgrm
from loadtest.results.hlog import hlog
from loadtest.results.pictures import page
from loadtest.results.vegeta_results import vegeta_results
from understudy.replay.results import Results, rows_in

SCHEMA = 1


def as_printed(
    report: Report, judgement: Judgement | None, form: str, *, to_terminal: bool, whole: bool = False
) -> str:
    """`whole`: with each kind of request, its outputs, slices and examples."""
    if form == "json":
        return as_json(report, judgement)
    own = document_of(report) if whole else summary_of(report)
    blocks = (*_verdict(judgement), *own, *(() if judgement is None else checks_of(judgement)))
    if form == "junit":
        return junit.render_run(report, judgement, blocks)
    if form == "markdown":
        return markdown.render(blocks)
    return text.render(blocks, shutil.get_terminal_size().columns if to_terminal else text.WIDTH)


def _verdict(judgement: Judgement | None) -> Iterator[Block]:
    if judgement is not None:
        weight: Literal["plain", "warning"] = "plain" if judgement.verdict == "pass" else "warning"
        yield Note((VERDICTS[judgement.verdict], ": ", *told_apart(judgement.reason)), weight)


def of_results(results: Results, form: str, of: str, *, to_terminal: bool) -> Iterator[bytes]:
    """A kept run in a form of ours, or of other tools. `of`: whose distribution, where a form has one."""
    rows, report = results.rows, results.end.report
    load = report.load
    started_ns = 0 if load is None else _wall_ns(load.started)
    if form == "hgrm":
        counting = rows.counting()
        yield hgrm(histogram_of_times(counting, of), note=left_out_in_words(counting, of)).encode()
    elif form == "hlog":
        yield from (line.encode() for line in hlog(rows, started_ns))
    elif form == "vegeta":
        yield from vegeta_results(rows_in(results), started_ns=started_ns, method="", url=results.head.target)
    elif form == "html":
        yield page(rows, report, results.end.judgement).encode()
    else:
        yield as_printed(report, results.end.judgement, form, to_terminal=to_terminal, whole=True).encode()


def _wall_ns(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1e9)


def as_json(report: Report, judgement: Judgement | None) -> str:
    """The keys that other programs read first, and the whole report below."""
    found = {"schema": SCHEMA, **keys_first(report, judgement), "report": report}
    return escaped(orjson.dumps(msgspec.to_builtins(found), option=orjson.OPT_INDENT_2).decode()) + "\n"


def keys_first(report: Report, judgement: Judgement | None) -> dict[str, Any]:
    load = report.load
    assert load is not None  # noqa: S101 - of a replay
    return {
        "valid": load.valid,
        "invalid_because": load.invalid_because,
        "plan_sha256": load.plan_sha256,
        "coverage": report.coverage,
        "metrics": report.metrics,
        "thresholds": [] if judgement is None else judgement.checks,
        "verdict": None if judgement is None else judgement.verdict,
    }
