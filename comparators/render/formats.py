"""The table of formats: a name on the command line or in a query, and what turns a report into it."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import orjson

from comparators.evidence.report import Report
from comparators.render import html, markdown, text
from comparators.render.names import Format


class Renderer(NamedTuple):
    render: Callable[[Report], str]
    content_type: str


def as_json(report: Report) -> str:
    return orjson.dumps(msgspec.to_builtins(report), option=orjson.OPT_INDENT_2).decode() + "\n"


FORMATS: dict[Format, Renderer] = {
    "text": Renderer(text.render, "text/plain; charset=utf-8"),
    "json": Renderer(as_json, "application/json"),
    "markdown": Renderer(markdown.render, "text/markdown; charset=utf-8"),
    "html": Renderer(html.render, "text/html; charset=utf-8"),
}
