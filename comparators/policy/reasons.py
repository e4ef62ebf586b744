"""The words of a reason: our own sentence, in which each name from outside stands between backquotes.

A reason is one string, since programs read it in a line. Names come with the traffic, with settings or with the policy,
and are hostile: told_apart() gives them back as what they are, so that a document can show them as such.
"""

from collections.abc import Sequence
from itertools import cycle

from comparators.errors import MisspeltAddress
from comparators.metrics.address import parse
from comparators.metrics.document import Code, Line
from ground.plurals import counted

_SPANS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def quoted(name: str) -> str:
    """The name as it stands in a reason. One with backquotes of its own loses them: no name ends where it does not."""
    return f"`{name.replace('`', chr(39))}`"


def told_apart(reason: str) -> Line:
    """The reason as a document has it: between the first backquote and the second stands a name, and so on."""
    parts = zip(reason.split("`"), cycle((str, Code)), strict=False)
    return tuple(made(part) for part, made in parts if part)


def unquoted(reason: str) -> str:
    """The reason for where no name is marked."""
    return reason.replace("`", "")


def in_short(metric: str) -> str:
    """A metric's address without route and candidate, which are the same of all; a misspelt one as it is."""
    try:
        return str(parse(metric)._replace(route=None, candidate=None))
    except MisspeltAddress:
        return metric


def and_more(rest: Sequence[object]) -> str:
    return f" (and {len(rest):,} more)" if rest else ""


def span(seconds: float) -> str:
    """A length of time in its largest fitting unit."""
    for unit, size in _SPANS:
        if seconds >= 2 * size:
            return counted(round(seconds / size), unit)
    return counted(max(1, round(seconds)) if seconds else 0, "second")


def more_pairs(pairs: int, takes_s: float, of_whom: str = "") -> str:
    """`about 1,200 more pairs (20 minutes at the present rate)`; `takes_s`: 0 where the rate is not known."""
    about = f"about {pairs:,} more {'pair' if pairs == 1 else 'pairs'}{of_whom}"
    return f"{about} ({span(takes_s)} at the present rate)" if takes_s else about
