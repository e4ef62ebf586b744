"""The pictures of a run, and the page that shows them: the report's own, with the pictures behind head and verdict.

They are SVG within the page: nothing is fetched, no script runs, and the page's policy forbids both. How large they are
hangs on no number of requests (series.py). What came with the traffic stands in none of them; on the page around them
it is escaped like everywhere (comparators/render/html.py). No I/O.
"""

from comparators.evidence.document.whole import document_of
from comparators.evidence.report import Report
from comparators.metrics.document import Blocks
from comparators.policy.document import checks_of
from comparators.policy.document import document_of as judgement_document
from comparators.policy.judgement import Judgement
from comparators.render import html
from comparators.render.html import PageInset
from comparators.render.markup import Markup, tag
from loadtest.results.latency_pictures import percentiles, scatter
from loadtest.results.load_pictures import against_load, lag
from loadtest.results.panel import side_by_side
from loadtest.results.picture_style import STYLE
from loadtest.results.rows import ResultColumns
from loadtest.results.timeline_picture import timeline


def pictures(rows: ResultColumns, report: Report) -> Markup:
    """A fragment of HTML that wants STYLE. `rows`: all, those that warm up too."""
    counting = rows.counting()
    return tag(
        "div",
        percentiles(counting, report),
        timeline(rows, report),
        side_by_side([against_load(report), lag(counting)], [scatter(counting)]),
        class_="pictures",
    )


def page(rows: ResultColumns, report: Report, judgement: Judgement | None = None) -> str:
    """A whole page of HTML."""
    return html.render(_document(report, judgement), PageInset(pictures(rows, report), STYLE))


def _document(report: Report, judgement: Judgement | None) -> Blocks:
    """The verdict first, which says of what it is; its checks behind the pictures."""
    own = document_of(report)
    if judgement is None:
        return own
    head, _ = _parted(judgement_document(judgement))
    about, rest = _parted(own)
    verdict, reason = head[:2]
    return (verdict, reason, *about[1:], *checks_of(judgement), *rest)


def _parted(blocks: Blocks) -> tuple[Blocks, Blocks]:
    """Before the first chapter, and from there on."""
    first = html.first_chapter(blocks)
    return blocks[:first], blocks[first:]
