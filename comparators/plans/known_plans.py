"""The plans that one route's kinds of request have. They neither store nor fetch them: who does fills them. Bounded."""

from collections import Counter
from collections.abc import Collection, Iterable

from msgspec import structs

from comparators.compare.latency import latency_ns
from comparators.extract import document, output_selection
from comparators.extract.reading import Reader
from comparators.features.features import FeatureReader
from comparators.features.units import UnitReader
from comparators.plans.decision import AnsweredRequest, can_decide, decide, reading_settings
from comparators.plans.kind_of_request import Kind, kind_of
from comparators.plans.plan import NO_REVISION, Plan
from comparators.settings import CompareSettings
from records.nouns import Answer, Exchange, Request

MAX_PLANS = 64  # of a route; what is beyond is read as its own looks say, in one plan a protocol
MAX_MODELS = 32  # of one path, named in requests' bodies; what is beyond is one kind, so that no other path goes short


class Plans:
    """The plans known for one route: of each kind of request the latest revision, and those before it that somebody
    still needs. Filled by whoever stores them; bounded.
    """

    def __init__(self, settings: CompareSettings, key: bytes | None = None) -> None:
        """`key`: the installation's, where units stand in bodies."""
        self.settings = settings
        self.features = FeatureReader(settings.slices)
        self.units = UnitReader(settings, key)
        self._known: dict[str, Plan] = {}
        self._earlier: dict[tuple[str, int], Plan] = {}
        self._awaited: dict[Kind, None] = {}
        self._models: Counter[str] = Counter()  # of those with a model named in the body, by path
        self._readers: dict[int, Reader] = {}  # by place among settings.readings

    def learn(self, plan: Plan) -> None:
        known = self._known.get(plan.key)
        self._awaited.pop(Kind(plan.path_key, plan.named), None)
        self._models[plan.path_key] += bool(plan.named) and known is None
        if known is not None and known.revision != plan.revision:
            older, plan = sorted((known, plan), key=lambda each: each.revision)
            self._earlier[plan.key, older.revision] = older
        self._known[plan.key] = plan

    def forget_awaited(self) -> None:
        """Whoever still waits says so again."""
        self._awaited.clear()

    def all(self) -> list[Plan]:
        """The latest of each kind."""
        return list(self._known.values())

    def awaits(self, request: Request) -> Kind | None:
        """The kind that this request is of, where it has no plan yet, and room for one: the room is kept for it until
        its plan is learnt. Of a request whose answer can decide.
        """
        kind = self._placed(kind_of(request), self._awaited)
        if kind.key in self._known:
            return None
        if kind not in self._awaited and len(self._known) + len(self._awaited) >= MAX_PLANS:
            return None
        self._awaited[kind] = None
        return kind

    def missing(self, exchanges: Iterable[Exchange]) -> list[Plan]:
        """Plans for the kinds of request among these that have none yet, of however many answers there are."""
        deciding: dict[Kind, list[AnsweredRequest]] = {}
        for exchange in exchanges:
            kind, answer = self._placed(kind_of(exchange.request), deciding), exchange.production.outcome
            if kind.key in self._known or not can_decide(answer):
                continue
            own = AnsweredRequest(exchange.request, answer, latency_ns(exchange.production))
            if kind in deciding:
                deciding[kind].append(own)
            elif len(self._known) + len(deciding) < MAX_PLANS:
                deciding[kind] = [own]
        return [decide(several, self.settings, kind.named) for kind, several in deciding.items()]

    def reader(self, plan: Plan, request: Request) -> Reader | None:
        """What reads a `chosen` protocol; None for all others."""
        if plan.protocol != "chosen":
            return None
        own = reading_settings(self.settings, request.target)
        if own is None:
            return document.read
        at = self.settings.readings.index(own)
        if at not in self._readers:
            self._readers[at] = output_selection.reader(own)
        return self._readers[at]

    def known(self, key: str) -> Plan | None:
        """The latest revision."""
        return self._known.get(key)

    def of_revision(self, key: str, revision: int) -> Plan | None:
        """As the plan was then; the latest, where nobody has learnt that one. None: there was no plan yet."""
        known = self._known.get(key)
        return None if known is None or revision == NO_REVISION else self._earlier.get((key, revision), known)

    def of(self, request: Request, answer: Answer, revision: int | None = None) -> Plan:
        """The plan of a request that production answered well, as it was in this revision; None: in the latest."""
        key = self.placed(kind_of(request)).key
        known = self._known.get(key) if revision is None else self.of_revision(key, revision)
        if known is not None:
            return known
        own = decide([AnsweredRequest(request, answer)], self.settings)
        return structs.replace(own, method="*", path=f"* ({own.protocol})", model="", heads=())

    def placed(self, kind: Kind) -> Kind:
        """Under which it has, or would have, its plan."""
        return self._placed(kind, self._awaited)

    def _placed(self, kind: Kind, deciding: Collection[Kind] = ()) -> Kind:
        """The kind itself; or where its path has no room for another model, that of all the others."""
        if not kind.named or kind.key in self._known or kind in deciding:
            return kind
        others = sum(1 for each in deciding if each.named and each.path_key == kind.path_key)
        return kind if self._models[kind.path_key] + others < MAX_MODELS else Kind(kind.path_key)
