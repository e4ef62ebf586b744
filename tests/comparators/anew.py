"""What a store holds of a candidate's pairs, compared anew in one process, as the command does it in several."""

from comparators.evidence.epochs import Epoch
from comparators.pairs.reads import StoredPair
from comparators.pairs.summary import Summary
from comparators.plans.known_plans import Plans
from comparators.plans.revisions import BookedRevisions
from comparators.recompute.parts import Joining, as_told, merge_into, recompute
from comparators.settings import CompareSettings
from comparators.stored.current import all_plans, books_of, epochs_of, evidence_of
from records.store.holdings import stretches
from records.store.store import Store
from tests.comparators.staging import CANDIDATE, CODEC, ROUTE, SECRET


async def compared_anew(
    store: Store, settings: CompareSettings, part: int = 10_000, batch: int = 1_000
) -> dict[Epoch, Summary]:
    """All pairs, in parts of about that many."""
    plans, books = Plans(settings, SECRET), await books_of(store, ROUTE, CANDIDATE)
    for plan in await all_plans(store, ROUTE):
        plans.learn(plan)
    total: dict[Epoch, Summary] = {}
    for held in await store.held_pairs(ROUTE, CANDIDATE):
        assert held.is_whole
        joining = Joining()
        booked = BookedRevisions(books[held.partition].begun) if held.partition in books else BookedRevisions()
        for stretch in stretches(held, part):
            entries = [each async for each in store.read_pairs(ROUTE, CANDIDATE, stretch)]
            recorded = [StoredPair(CODEC.decode_pair(record), entry) for entry, record in entries]
            source = as_told(ROUTE, CANDIDATE, settings.basis())
            joining.add(recompute(recorded, plans, source, batch=batch, revisions=booked))
        merge_into(total, joining.summaries)
    return total


async def compared_live(store: Store) -> dict[Epoch, bytes]:
    """What was found in each epoch when its pairs came."""
    return {
        about: (await evidence_of(store, ROUTE, CANDIDATE, None, epoch=number)).summary.to_bytes()
        for number, about in (await epochs_of(store, CANDIDATE)).items()
    }
