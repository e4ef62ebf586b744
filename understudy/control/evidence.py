"""Whose reports there are, by the routes in force. The reports themselves are comparators/stored/current.py's. Pure."""

from typing import Literal, NamedTuple

from comparators.settings import CompareSettings
from understudy.control.overlay import Routes
from understudy.settings.model import Settings

Over = Literal["all", "window", "control"]  # which recorded pairs a report is recomputed over: pair_selection.py
OVER: tuple[Over, ...] = ("all", "window", "control")


class Subject(NamedTuple):
    """`generation` None: whichever was compared last, where no settings tell."""

    route: str
    candidate: str
    generation: int | None = None


def subjects_of(routes: Routes) -> list[Subject]:
    """The candidates of routes that are in force."""
    return [
        Subject(route.key_name(), candidate.name, candidate.generation)
        for route in routes
        for candidate in route.candidates
    ]


def compare_of(settings: Settings, route: str) -> CompareSettings:
    """How answers are compared, as the route says, or else all routes."""
    own = next((each.compare for each in settings.routes if each.key_name() == route), None)
    return own or settings.compare
