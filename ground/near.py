"""The word that somebody may have meant: for errors about a name that is not known."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Words to end an error with; none where nothing is near."""
    close = nearest(word, known)
    return f"; did you mean {close}?" if close else ""
