"""What of a report could not be made, for a fault of ours: named, and the rest stands.

Sums come from hostile bodies. One output whose metrics cannot be computed must not take down a report, and with it the
scrape of all candidates.
"""

from collections.abc import Callable
from pathlib import PurePath
from traceback import extract_tb
from typing import TypeVar

from msgspec import Struct

Made = TypeVar("Made")


class Breakage(Struct, frozen=True):
    """Of a kind of request an output (its pointer) or another part; `error` says which fault, and where."""

    plan: str
    part: str
    error: str


class Parts:
    """Makes parts of a report one by one, and remembers those that broke."""

    def __init__(self) -> None:
        self.broken: list[Breakage] = []

    def made(self, plan: str, part: str, make: Callable[[], Made], otherwise: Made) -> Made:
        try:
            return make()
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the report stands
            self.broken.append(Breakage(plan, part, cause(error)))
            return otherwise


def cause(error: BaseException) -> str:
    """Without the error's own words, which may hold a value that nobody must see."""
    frames = extract_tb(error.__traceback__)
    where = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
