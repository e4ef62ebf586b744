"""The table of formats: a name on the command line or in a query, and what turns a report into it.

Text, Markdown and HTML draw the report's document. JSON is the report's own keys, and the document beside them.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import orjson

from comparators.evidence.document.whole import document_of
from comparators.evidence.report import Report
from comparators.render import html, markdown, text
from comparators.render.names import Format
from ground.printable import escaped


class Renderer(NamedTuple):
    render: Callable[[Report], str]
    content_type: str


def as_text(report: Report, width: int = text.WIDTH) -> str:
    return text.render(document_of(report), width)


def as_json(report: Report) -> str:
    """Characters that cannot be printed are escaped: it may be read in a terminal."""
    face = {**msgspec.to_builtins(report), "document": msgspec.to_builtins(document_of(report))}
    return escaped(orjson.dumps(face, option=orjson.OPT_INDENT_2).decode()) + "\n"


FORMATS: dict[Format, Renderer] = {
    "text": Renderer(as_text, "text/plain; charset=utf-8"),
    "json": Renderer(as_json, "application/json"),
    "markdown": Renderer(lambda report: markdown.render(document_of(report)), "text/markdown; charset=utf-8"),
    "html": Renderer(lambda report: html.render(document_of(report)), "text/html; charset=utf-8"),
}
