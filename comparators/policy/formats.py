"""The table of formats: a name on the command line or in a query, and what turns a judgement into it.

Text and Markdown draw the judgement's document. JSON is the judgement's own keys. Markdown has room in a comment on
GitHub; in a step's summary, whose limit is larger, it has so, too.
"""

import re
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import msgspec
import orjson

from comparators.policy import junit
from comparators.policy.document import LISTED, document_of
from comparators.policy.judgement import Judgement
from comparators.render import markdown, text
from ground.printable import escaped

Format = Literal["text", "json", "junit", "markdown"]
FORMAT_NAMES: tuple[Format, ...] = get_args(Format)

# GitHub refuses a comment of more than 65,536 characters, and a step's summary of more than 1 MiB. What is left is for
# what a workflow writes around ours.
MAX_MARKDOWN = 60_000

_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


class JudgementRenderer(NamedTuple):
    render: Callable[[Judgement], str]
    content_type: str


def as_text(judgement: Judgement, width: int = text.WIDTH) -> str:
    return _without_commands(text.render(document_of(judgement), width))


def _without_commands(lines: str) -> str:
    """A runner of GitHub obeys a line that begins with `::`, and `##[` anywhere: names from outside may hold both."""
    return _COMMAND.sub(r"\1:.", lines).replace("##[", "#.[")


def as_json(judgement: Judgement) -> str:
    """Characters that cannot be printed are escaped: it may be read in a terminal."""
    return escaped(orjson.dumps(msgspec.to_builtins(judgement), option=orjson.OPT_INDENT_2).decode()) + "\n"


def as_markdown(judgement: Judgement) -> str:
    """With as many checks listed as there is room for; all of them are counted."""
    listed = LISTED
    while len(drawn := markdown.render(document_of(judgement, listed))) > MAX_MARKDOWN and listed:
        listed //= 2
    return drawn


FORMATS: dict[Format, JudgementRenderer] = {
    "text": JudgementRenderer(as_text, "text/plain; charset=utf-8"),
    "json": JudgementRenderer(as_json, "application/json"),
    "junit": JudgementRenderer(junit.render, "application/xml"),
    "markdown": JudgementRenderer(as_markdown, "text/markdown; charset=utf-8"),
}
