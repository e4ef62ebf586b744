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

from comparators.evidence.epochs import NOWHERE, Attribution, Standing, standing_from_bytes, standing_to_bytes
from comparators.pairs.batch import Slicings
from comparators.pairs.examples import Chooser, Example, example
from comparators.pairs.judging import SET_ASIDE, JudgedPair, Judgement, counted, judge, read_all
from comparators.pairs.reads import PairReading, StoredPair
from comparators.pairs.turns import are_light, turns
from comparators.stored.apart import Apart
from comparators.stored.decisions import SharedDecisions
from comparators.stored.samples import told
from comparators.stored.states import States, epoch_of, name_of
from records.codec import Codec
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
    ) -> None:
        """`heavy`: of the process. Who has it may hold a turn of the largest size."""
        self._lease = lease
        self._patiently = lease.patiently
        self._codec = codec
        self._samples = samples
        self._agreed = agreed
        self._redaction = redaction
        self._apart = Apart(heavy)
        self._chooser = Chooser()
        self._in_hand = 0  # read, and not committed

    @property
    def under_way(self) -> int:
        return self._in_hand

    async def work(self) -> None:
        self._in_hand = 0
        await self._patiently(self._agreed.load)
        settings = self._agreed.settings
        states = States(self._lease.group, settings.basis())
        standing = self._standing(await self._patiently(self._lease.group.standing))
        attribution = Attribution(self._agreed.route, self._agreed.candidate, settings.basis(), standing)
        while not self._lease.leaving:
            entries = await self._lease.fetch(_FETCH_AT_ONCE)
            self._in_hand = len(entries)
            if entries:
                await self._settle(entries, states, attribution)
                # A commit costs the same for few pairs as for many; what was delivered before comes alone anyway.
                if len(entries) < _COMPANY and entries[0].deliveries == 1:
                    await self._lease.pause(_LINGER_S)
            else:
                await self._patiently(partial(self._samples.keep, ()))
                await self._lease.wait(_WAIT_S)

    async def _settle(self, entries: Sequence[Entry], states: States, attribution: Attribution) -> None:
        """Compare these and commit them, in one turn or, where they are much at once, in several."""
        records = {entry.id: entry.data for entry in entries}
        stored = await self._readable(records)
        if are_light([records[each.entry] for each in stored], self._codec):
            await self._settle_turn(stored, records, states, attribution)
            return
        async with self._apart.heavy():
            coming = turns(stored, self._agreed.settings.max_decoded_bytes)
            while turn := await self._apart.do(next, coming, None):
                await self._settle_turn(turn, records, states, attribution)

    async def _readable(self, records: Mapping[str, bytes]) -> list[StoredPair]:
        """Without those that are no pairs of ours: these are set aside."""
        read = {entry: self._decoded(entry, record) for entry, record in records.items()}
        if foreign := [entry for entry, pair in read.items() if pair is None]:
            await self._commit(foreign, Counter({SET_ASIDE: len(foreign)}))
        return [StoredPair(pair, entry) for entry, pair in read.items() if pair is not None]

    async def _settle_turn(
        self, turn: Sequence[StoredPair], records: Mapping[str, bytes], states: States, attribution: Attribution
    ) -> None:
        """After it these count once, or the lease is lost and they do not. `records`: among others, theirs."""
        if not turn:
            return
        judgements = await self._judged(turn, attribution)
        await self._patiently(partial(states.hold, list(judgements)))
        new = {name: states.add(name, each.summary) for name, each in judgements.items()}
        new |= await self._patiently(partial(states.fold, list(judgements)))
        await self._patiently(partial(self._samples.keep, told(records, judgements)))
        standing = standing_to_bytes(attribution.standing)
        await self._commit([each.entry for each in turn], _counts(turn, judgements), new, standing)
        states.committed(new)
        await self._show(judgements)

    async def _judged(self, turn: Sequence[StoredPair], attribution: Attribution) -> dict[str, Judgement]:
        """By the name of the state that they belong to."""
        await self._patiently(partial(self._agreed.learn_plans, [each.pair.exchange for each in turn]))
        reads = await self._apart.do(read_all, turn, self._agreed.plans)
        by_state = await self._by_state(reads, attribution)
        slicings = {
            name: await self._patiently(partial(self._agreed.slices.of, epoch_of(name), own))
            for name, own in by_state.items()
        }
        judgements = await self._apart.do(self._judge, by_state, slicings)
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
        self, by_state: Mapping[str, Sequence[PairReading]], slicings: Mapping[str, Slicings]
    ) -> dict[str, Judgement]:
        return {name: judge(reads, self._agreed.plans, slicings[name]) for name, reads in by_state.items()}

    def _standing(self, stored: bytes | None) -> Standing:
        try:
            return standing_from_bytes(stored) if stored else NOWHERE
        except msgspec.DecodeError:
            log.warning("standing.unreadable", bytes=len(stored or b""), **self._lease.labels)
            return NOWHERE

    def _decoded(self, entry: str, record: bytes) -> Pair | None:
        try:
            return self._codec.decode_pair(record)
        except RecordError as error:
            log.warning("pair.set_aside", entry=entry, error=str(error), **self._lease.labels)
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

    async def _show(self, judgements: Mapping[str, Judgement]) -> None:
        """Keep a few examples, redacted. Losing one to a store that is away changes no number."""
        for name, own in judgements.items():
            wanted = [each for each in own.judged if self._chooser.wants(each.comparison)]
            if wanted:
                written = await self._apart.do(self._written, wanted)
                with suppress(StoreError):
                    await self._agreed.show(epoch_of(name), written)

    def _written(self, wanted: Sequence[JudgedPair]) -> list[bytes]:
        return [msgspec.json.encode(self._example(each)) for each in wanted]

    def _example(self, each: JudgedPair) -> Example:
        return example(self._redaction.pair(each.pair), each.comparison, self._agreed.view)


def _counts(turn: Sequence[StoredPair], judgements: Mapping[str, Judgement]) -> Counter[str]:
    """Of each of the turn's pairs: what could not be judged for a fault of ours is set aside."""
    judged = [one.comparison for each in judgements.values() for one in each.judged]
    counts = counted(judged)
    if len(judged) < len(turn):
        counts[SET_ASIDE] = len(turn) - len(judged)
    return counts
