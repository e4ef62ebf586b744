"""One partition of one candidate's pairs: read, compared, and committed with what they came to, in one Lua call.

Comparing runs in a thread, so that a batch of large documents never keeps the process from renewing its lease or
answering its probes. When the lease is lost all that is in memory is forgotten: its next owner begins from the store.
What a thread has by then is free when the thread is done (apart.py).
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

import msgspec
import structlog

from comparators.evidence.epochs import Attribution
from comparators.pairs.batch import Slicings
from comparators.pairs.by_epoch import ByEpoch
from comparators.pairs.examples import Chooser, Example, example
from comparators.pairs.farthest_pairs import FarthestChooser
from comparators.pairs.judging import SET_ASIDE, JudgedBatch, JudgedPair, counted, judge, read_all
from comparators.pairs.reads import PairReading, StoredPair
from comparators.pairs.turns import are_light, turns
from comparators.plans.decision import can_decide
from comparators.plans.inference import MAX_SAMPLES
from comparators.stored.answers import AnswerPlace
from comparators.stored.apart import Apart
from comparators.stored.decisions import SharedDecisions
from comparators.stored.revising import Revising
from comparators.stored.samples import told
from comparators.stored.states import epoch_of, name_of
from comparators.stored.tenure import Tenure
from comparators.stored.waiting import Waiting, WaitingPair
from records.codec import Codec
from records.entry_id import number_of
from records.errors import RecordError, StoreError
from records.nouns import Pair
from records.privacy.redaction import Redaction
from records.store.group import Entry
from records.store.lease import Lease
from records.store.sample import Samples

log = structlog.get_logger()

_FETCH_AT_ONCE = 1_000
_COMPANY, _LINGER_S = 256, 0.1
_WAIT_S = 1.0


class CompareLane:
    def __init__(
        self,
        lease: Lease,
        codec: Codec,
        samples: Samples,
        agreed: SharedDecisions,
        redaction: Redaction,
        heavy: asyncio.Lock,
        partition: int,
    ) -> None:
        """`heavy`: of the process. Who has it may hold a turn of the largest size."""
        self._lease = lease
        self._patiently = lease.patiently
        self._codec = codec
        self._samples = samples
        self._agreed = agreed
        self._redaction = redaction
        self._apart = Apart(heavy)
        self._partition = partition
        self._choosers = ByEpoch(Chooser)
        self._farthest = ByEpoch(FarthestChooser)
        self._in_hand = 0  # read, and not committed

    @property
    def under_way(self) -> int:
        return self._in_hand

    async def work(self) -> None:
        self._in_hand = 0
        await self._patiently(self._agreed.load)
        booked = await self._patiently(self._lease.group.standing)
        tenure = Tenure.begin(self._agreed, self._lease.group, self._partition, booked)
        while not self._lease.leaving:
            entries = await self._lease.fetch(_FETCH_AT_ONCE)
            self._in_hand = len(entries) + len(tenure.waiting)
            if self._in_hand:
                await self._settle(entries, tenure)
            if not entries:
                await self._patiently(partial(self._samples.keep, ()))
                await self._lease.wait(_WAIT_S)
            # A commit costs the same for few pairs as for many; what was delivered before comes alone anyway.
            elif len(entries) < _COMPANY and entries[0].deliveries == 1:
                await self._lease.pause(_LINGER_S)

    async def _settle(self, entries: Sequence[Entry], tenure: Tenure) -> None:
        """Compare these, and those that have waited for the plans that there are now; the others wait."""
        ready = await self._ready(await self._readable(entries), tenure)
        for start in range(0, len(ready), _FETCH_AT_ONCE):
            await self._settle_ready(ready[start : start + _FETCH_AT_ONCE], tenure)
        for kind, places in tenure.revising.take().items():
            measured = tenure.revising.measured(kind)
            decide = partial(self._agreed.plans.decide, kind, places, self._apart, measured=measured)
            if await self._patiently(decide):
                tenure.revising.answered(kind)
        await self._patiently(self._agreed.plans.look)

    async def _readable(self, entries: Sequence[Entry]) -> list[WaitingPair]:
        """Without those that are no pairs of ours: these are set aside."""
        read = [(entry, self._decoded(entry)) for entry in entries]
        if foreign := [entry.id for entry, pair in read if pair is None]:
            await self._commit(foreign, Counter({SET_ASIDE: len(foreign)}))
        return [WaitingPair(StoredPair(pair, entry.id), entry.data) for entry, pair in read if pair is not None]

    async def _ready(self, pairs: Sequence[WaitingPair], tenure: Tenure) -> list[WaitingPair]:
        """Those to be compared now, in the order of the stream."""
        waiting, now_s = tenure.waiting, asyncio.get_running_loop().time()
        passing = await self._passing(pairs, waiting, now_s)
        if not waiting:
            return passing
        overdue = waiting.overdue(now_s)
        await self._patiently(partial(self._agreed.plans.ask, waiting.kinds))
        for kind in waiting.undecided():
            await self._decide(kind, waiting.of(kind), is_overdue=kind in overdue)
        released = waiting.released(overdue)
        if held := waiting.held(pairs):
            await self._lease.defer(held)
        return sorted(released + passing, key=lambda each: number_of(each.stored.entry))

    async def _passing(self, pairs: Sequence[WaitingPair], waiting: Waiting, now_s: float) -> list[WaitingPair]:
        if not pairs or are_light([each.record for each in pairs], self._codec):
            return await self._apart.do(waiting.passing, pairs, now_s) if pairs else []
        async with self._apart.heavy():  # a request that names its model is unpacked for that
            return await self._apart.do(waiting.passing, pairs, now_s)

    async def _decide(self, kind: str, waiting: Sequence[StoredPair], *, is_overdue: bool) -> None:
        deciding = [each for each in waiting if can_decide(each.pair.exchange.production.outcome)][:MAX_SAMPLES]
        places = {
            each.pair.exchange.id: AnswerPlace(self._agreed.candidate, self._partition, each.entry) for each in deciding
        }
        at_hand = [each.pair.exchange for each in deciding]
        decide = partial(self._agreed.plans.decide, kind, places, self._apart, at_hand, overdue=is_overdue)
        await self._patiently(decide)

    async def _settle_ready(self, ready: Sequence[WaitingPair], tenure: Tenure) -> None:
        """In one turn or, where they are much at once, in several."""
        records = {each.stored.entry: each.record for each in ready}
        pairs = [each.stored for each in ready]
        if are_light(list(records.values()), self._codec):
            await self._settle_turn(pairs, records, tenure)
            return
        async with self._apart.heavy():
            coming = turns(pairs, self._agreed.settings.max_decoded_bytes)
            while turn := await self._apart.do(next, coming, None):
                await self._settle_turn(turn, records, tenure)

    async def _settle_turn(self, turn: Sequence[StoredPair], records: Mapping[str, bytes], tenure: Tenure) -> None:
        """After it these count once, or the lease is lost and they do not. `records`: among others, theirs."""
        if not turn:
            return
        states = tenure.states
        judgements = await self._judged(turn, tenure)
        await self._patiently(partial(states.hold, list(judgements)))
        new = {name: states.add(name, each.summary) for name, each in judgements.items()}
        new |= await self._patiently(partial(states.fold, list(judgements)))
        await self._patiently(partial(self._samples.keep, told(records, judgements)))
        await self._commit([each.entry for each in turn], _counts(turn, judgements), new, tenure.book())
        states.committed(new)
        await self._show(judgements)

    async def _judged(self, turn: Sequence[StoredPair], tenure: Tenure) -> dict[str, JudgedBatch]:
        """By the name of the state that they belong to."""
        reads = await self._apart.do(read_all, turn, self._agreed.plans.known, tenure.revisions)
        by_state = await self._by_state(reads, tenure.attribution)
        slicings = {
            name: await self._patiently(partial(self._agreed.slices.of, epoch_of(name), own))
            for name, own in by_state.items()
        }
        judgements = await self._apart.do(self._judge, by_state, slicings, tenure.revising)
        for name, own in by_state.items():
            await self._patiently(partial(self._agreed.slices.learn, epoch_of(name), own, judgements[name].judged))
        return judgements

    async def _commit(
        self,
        ids: Sequence[str],
        counts: Counter[str],
        states: Mapping[str, bytes] | None = None,
        standing: bytes = b"",
    ) -> None:
        await self._lease.commit(ids, states=states, counts=counts, standing=standing)
        self._in_hand -= len(ids)
        self._agreed.counts.update(counts)

    def _judge(
        self, by_state: Mapping[str, Sequence[PairReading]], slicings: Mapping[str, Slicings], revising: Revising
    ) -> dict[str, JudgedBatch]:
        plans = self._agreed.plans.known
        found = {name: judge(reads, plans, slicings[name]) for name, reads in by_state.items()}
        judged = {one.entry for each in found.values() for one in each.judged}
        revising.look(each for reads in by_state.values() for each in reads if each.entry in judged)
        return found

    def _decoded(self, entry: Entry) -> Pair | None:
        try:
            return self._codec.decode_pair(entry.data)
        except RecordError as error:
            log.warning("pair.set_aside", entry=entry.id, error=str(error), **self._lease.labels)
            return None

    async def _by_state(self, reads: Sequence[PairReading], attribution: Attribution) -> dict[str, list[PairReading]]:
        by_state: dict[str, list[PairReading]] = defaultdict(list)
        epoch, number = None, 0
        for each in reads:
            own = attribution.epoch_of(each)
            if own is not epoch:
                epoch, number = own, await self._patiently(partial(self._agreed.number, own))
            by_state[name_of(number, each.pair.exchange.production.wall_ns)].append(each)
        return by_state

    async def _show(self, judgements: Mapping[str, JudgedBatch]) -> None:
        """Keep a few examples, redacted. Losing one to a store that is away changes no number."""
        for name, own in judgements.items():
            epoch = epoch_of(name)
            chooser = self._choosers.of(epoch)
            wanted = [each for each in own.judged if chooser.wants(each.comparison)]
            if wanted:
                written = await self._apart.do(self._written, wanted)
                with suppress(StoreError):
                    await self._agreed.show(epoch, written)
            await self._show_farthest(epoch, own)

    async def _show_farthest(self, epoch: int, judgement: JudgedBatch) -> None:
        chooser = self._farthest.of(epoch)
        for each in judgement.judged:
            if places := chooser.wants(epoch, each.pair.exchange.id, each.comparison):
                (written,) = await self._apart.do(self._written, [each])
                with suppress(StoreError):
                    for place, size in places:
                        await self._agreed.show_farthest(place, size, written)

    def _written(self, wanted: Sequence[JudgedPair]) -> list[bytes]:
        return [msgspec.json.encode(self._example(each)) for each in wanted]

    def _example(self, each: JudgedPair) -> Example:
        return example(self._redaction.pair(each.pair), each.comparison, self._agreed.view)


def _counts(turn: Sequence[StoredPair], judgements: Mapping[str, JudgedBatch]) -> Counter[str]:
    """Of each of the turn's pairs: what could not be judged for a fault of ours is set aside."""
    judged = [one.comparison for each in judgements.values() for one in each.judged]
    counts = counted(judged)
    if len(judged) < len(turn):
        counts[SET_ASIDE] = len(turn) - len(judged)
    return counts
