"""Reports on the candidates in force, for all that the admin answers or judges: what is merged once serves all."""

from comparators.evidence.report import Report
from comparators.evidence.versions import WHICHEVER, VersionChoice
from comparators.stored.current import report_of
from comparators.stored.merging import Merging
from comparators.view import View
from records.privacy.redaction import Redaction
from records.store.store import Store
from understudy.control.evidence import Subject
from understudy.control.following import Follower
from understudy.control.overlay import Routes
from understudy.control.views import view_of
from understudy.site.datadir import key_of


class CandidateReports:
    def __init__(self, store: Store, follower: Follower) -> None:
        self.merging = Merging(store)
        self.redaction = Redaction.create(follower.file.kept, key_of(follower.file.secret))
        self._store = store
        self._follower = follower

    def routes(self) -> Routes:
        """Those in force."""
        return self._follower.routes()

    def view(self, route: str) -> View:
        return view_of(self._follower.file, route, self.redaction)

    async def report(
        self,
        subject: Subject,
        *,
        asked: VersionChoice = WHICHEVER,
        epoch: int | None = None,
        max_age_s: float | None = None,
    ) -> Report:
        """As `report_of` makes it. Raises StoreError, UnknownEpoch."""
        route, candidate, generation = subject
        return await report_of(
            self._store,
            route,
            candidate,
            self.view(route),
            epoch=epoch,
            generation=generation,
            asked=asked,
            max_age_s=max_age_s,
            merging=self.merging if epoch is None else None,  # which keeps the sums of current epochs
        )
