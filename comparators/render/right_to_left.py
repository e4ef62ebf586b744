"""Letters that are written from right to left, in text that is read from left to right. Pure.

Who shows plain text (a terminal, a mail, a rendered Markdown) takes a number behind such a letter for more of the same
writing, and sets it on the letter's other side. A mark on both sides, which nobody sees, keeps what stands around such
letters where it is, and a line that begins with them a line from left to right.

A mark, and not an isolate: it opens nothing, so no text has anything to close, and code hosts do not warn of it as of
what makes code look like other code. Marks that came with the traffic are blanked.
"""

from collections.abc import Iterable, Iterator
from unicodedata import bidirectional

MARK = "\u200e"
_TURNING = frozenset({"R", "AL", "AN"})  # Unicode's Annex 9: Hebrew letters, Arabic letters, Arabic digits
_COMBINING = "NSM"


def turns(text: str) -> bool:
    return not text.isascii() and any(bidirectional(each) in _TURNING for each in text)


def marked(text: str) -> str:
    """With a mark before the first of these letters and behind the last: what stands at either end of a path stays."""
    if not turns(text):
        return text
    places = [at for at, each in enumerate(text) if bidirectional(each) in _TURNING]
    first, end = places[0], _after(text, places[-1])
    return f"{text[:first]}{MARK}{text[first:end]}{MARK}{text[end:]}"


def closed(lines: Iterable[str]) -> Iterator[str]:
    """Lines of one text that was broken: each with marks of its own."""
    is_within = False
    for line in lines:
        begun = f"{MARK}{line}" if is_within else line
        is_within = begun.count(MARK) % 2 == 1
        yield f"{begun}{MARK}" if is_within else begun


def width(text: str) -> int:
    """In characters: a mark takes no room."""
    return len(text) - text.count(MARK)


def _after(text: str, at: int) -> int:
    """Behind the letter, and the points and accents that are set on it."""
    return next((end for end in range(at + 1, len(text)) if bidirectional(text[end]) != _COMBINING), len(text))
