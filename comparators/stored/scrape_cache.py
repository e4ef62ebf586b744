"""What is scraped of a candidate: the numbers of its report, derived again only where something changed.

Each state's stamp is new with every commit, so equal stamps (of the same epochs, at the same alpha) mean equal metrics,
and those are kept. Coverage is asked for each time: it comes with the stamps.
"""

from collections import OrderedDict
from typing import NamedTuple

from comparators.evidence.epochs import Epoch
from comparators.evidence.request_metrics import coverage_metrics
from comparators.evidence.scrape import Scrape, ScrapedMetrics, ScrapedSummary, derived, scrape_of
from comparators.stored.current import epochs_of, evidence_among
from comparators.stored.merging import MAX_CANDIDATES, Merging
from comparators.view import View
from records.store.store import Stamps, Store


class Basis(NamedTuple):
    """All that metrics are derived from, apart from states, for which their stamps stand."""

    stamps: Stamps
    epochs: dict[int, Epoch]
    generation: int | None
    alpha: float

    def tells_changes(self) -> bool:
        return None not in self.stamps.values()


class KeptMetrics(NamedTuple):
    basis: Basis
    derived: ScrapedMetrics


class ScrapeCache:
    """The metrics of the report that `report_of` would make. Keeps MAX_CANDIDATES' metrics."""

    def __init__(self, store: Store, merging: Merging) -> None:
        self._store = store
        self._merging = merging
        self._kept: OrderedDict[tuple[str, str], KeptMetrics] = OrderedDict()

    async def scrape(self, route: str, candidate: str, view: View, generation: int | None) -> Scrape:
        """In a round trip for each partition and two more; one more for each partition that changed. Raises
        StoreError.
        """
        looked = await self._store.look(route, candidate)  # first: what is derived is never older than its stamps
        basis = Basis(looked.stamps, await epochs_of(self._store, candidate), generation, view.alpha)
        coverage = looked.coverage.as_json()
        found = await self._derived(route, candidate, basis)
        covered = coverage_metrics(coverage, view.alpha)
        return scrape_of(found.with_overall(covered), route, candidate, coverage, view)

    async def _derived(self, route: str, candidate: str, basis: Basis) -> ScrapedMetrics:
        """By the names that sums have: what is kept is shown through the view of each look."""
        kept = self._kept.get((route, candidate))
        if kept is None or kept.basis != basis or not basis.tells_changes():
            about = (basis.epochs, route, candidate, basis.generation)
            evidence = await evidence_among(*about, self._merging, stamps=basis.stamps, form=ScrapedSummary)
            kept = self._kept[route, candidate] = KeptMetrics(basis, derived(evidence, basis.alpha))
        self._kept.move_to_end((route, candidate))
        while len(self._kept) > MAX_CANDIDATES:
            self._kept.popitem(last=False)
        return kept.derived
