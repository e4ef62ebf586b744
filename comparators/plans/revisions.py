"""Where in one partition's stream the revisions of plans began: by which of them a pair was compared. Pure.

A lane books a revision with the first pair that it compares by it, in the commit that counts this pair. The pairs of
one kind are compared in the order of the stream, so one entry a revision says it of all of them: who compares them
anew reads here what was done live.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from comparators.plans.known_plans import MAX_PLANS, Plans
from comparators.plans.plan import MAX_REVISIONS, NO_REVISION
from records.entry_id import number_of

MAX_KINDS = 4 * MAX_PLANS  # booked; plans go with a store that is emptied, and others take their room


class RevisionStart(NamedTuple):
    """A revision, and the number of the first entry that was compared by it."""

    revision: int
    number: int


Begun = Mapping[str, Sequence[RevisionStart]]  # by kind of request, oldest first
NOTHING_BEGUN: Begun = {}


class RevisionSource(Protocol):
    """Tells by which revision of its plan a pair is compared."""

    def revision_of(self, key: str, entry: str, /) -> int | None:
        """Of the pair of this kind with this entry in the stream. None: nobody booked any, it is the latest."""

    def lasts(self, key: str, revision: int, /) -> bool:
        """Whether all later pairs of the kind are of this one, as far as is booked."""


class LatestRevision:
    """Of pairs that come from no store."""

    def revision_of(self, _key: str, _entry: str, /) -> int | None:
        return None

    def lasts(self, _key: str, _revision: int, /) -> bool:
        return True


class OneRevision(NamedTuple):
    """Of a sample: the epoch that it is of says it."""

    revision: int

    def revision_of(self, _key: str, _entry: str, /) -> int | None:
        return self.revision

    def lasts(self, _key: str, _revision: int, /) -> bool:
        return True


class BookedRevisions:
    """As a partition's lane booked them, for who compares anew."""

    def __init__(self, begun: Begun = NOTHING_BEGUN) -> None:
        self._begun = begun

    def revision_of(self, key: str, entry: str, /) -> int | None:
        begun = self._begun.get(key)
        return None if begun is None else _at(begun, number_of(entry))

    def lasts(self, key: str, revision: int, /) -> bool:
        return _is_last(self._begun.get(key), revision)


class RevisionLedger:
    """A lane's own: it books a plan's revision where it first meets it."""

    def __init__(self, plans: Plans, begun: Begun = NOTHING_BEGUN) -> None:
        self._plans = plans
        self._begun = {key: list(each) for key, each in begun.items()}

    @property
    def begun(self) -> Begun:
        return self._begun

    def revision_of(self, key: str, entry: str, /) -> int | None:
        plan, begun = self._plans.known(key), self._begun.get(key)
        if plan is None:
            return NO_REVISION if begun is None else _at(begun, number_of(entry))
        if begun is None or begun[-1].revision < plan.revision:
            begun = self._book(key, RevisionStart(plan.revision, number_of(entry)))
        return _at(begun, number_of(entry))

    def lasts(self, key: str, revision: int, /) -> bool:
        return _is_last(self._begun.get(key), revision)

    def _book(self, key: str, beginning: RevisionStart) -> list[RevisionStart]:
        begun = self._begun.setdefault(key, [])
        while begun and begun[-1].number >= beginning.number:
            begun.pop()  # nothing that counts was compared by it
        begun.append(beginning)
        del begun[:-MAX_REVISIONS]
        while len(self._begun) > MAX_KINDS:
            self._begun.pop(next(iter(self._begun)))
        return begun


def _at(begun: Sequence[RevisionStart], number: int) -> int:
    for each in reversed(begun):
        if number >= each.number:
            return each.revision
    return NO_REVISION


def _is_last(begun: Sequence[RevisionStart] | None, revision: int) -> bool:
    return begun is None or begun[-1].revision == revision
