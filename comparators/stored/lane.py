"""One partition of one candidate's pairs: read, compared, and committed with what they came to, in one Lua call.

Comparing runs in a thread, so that a batch of large documents never keeps the process from renewing its lease or
answering its probes. When the lease is lost all that is in memory is forgotten: its next owner begins from the store.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar

import msgspec
import structlog

from comparators.evidence.epochs import NOWHERE, Attribution, Standing, standing_from_bytes, standing_to_bytes
from comparators.pairs.batch import Slicings
from comparators.pairs.examples import Chooser, Example, example
from comparators.pairs.judging import SET_ASIDE, Judged, Judgement, counted, judge, read_all
from comparators.pairs.reads import Read, Stored
from comparators.pairs.turns import are_light, turns
from comparators.stored.agreed import Agreed
from comparators.stored.samples import told
from comparators.stored.states import States, epoch_of, name_of
from records.codec import decode_pair
from records.entry_id import ms_of
from records.errors import NotJoined, RecordError, StaleToken, StoreError
from records.nouns import Pair
from records.privacy.redaction import Redaction
from records.store.group import Entry, Group
from records.store.patience import Patience
from records.store.sample import Samples

log = structlog.get_logger()

Outcome = TypeVar("Outcome")

_FETCH_AT_ONCE = 1_000
_COMPANY, _LINGER_S = 256, 0.1
_WAIT_S = 1.0
_RELEASE_S = 1.0  # a stop must not wait for a store that is away; the lease ends by itself


class CompareLane:
    def __init__(
        self,
        group: Group,
        samples: Samples,
        agreed: Agreed,
        redaction: Redaction,
        lease_s: float,
        heavy: asyncio.Lock,
    ) -> None:
        """`heavy`: of the process. Who has it may hold a turn of the largest size."""
        self.agreed = agreed
        self.owns = False
        self._group = group
        self._samples = samples
        self._redaction = redaction
        self._lease_s = lease_s
        self._heavy = heavy
        self._leaving = asyncio.Event()
        self._chooser = Chooser()
        self._patiently = Patience(**self._names())

    def leave(self) -> None:
        """Read nothing more; `run` ends when the batch under way has been committed."""
        self._leaving.set()

    @property
    def leaving(self) -> bool:
        return self._leaving.is_set()

    @property
    def tried_by(self) -> str | None:
        """Why the store does not do what this lane asks of it, while that is so."""
        return self._patiently.tried_by

    async def run(self) -> None:
        try:
            while not self.leaving:
                try:
                    if await self._patiently(self._group.acquire):
                        await self._own()
                        continue
                except NotJoined:
                    pass  # the mirror lets a candidate join; until it has, there is nothing to compare
                except StaleToken as error:
                    log.info("lease.lost", reason=str(error), **self._names())
                await self._pause(self._lease_s / 3)
        finally:
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(_RELEASE_S):
                    await self._group.release()

    async def _own(self) -> None:
        """Work until asked to leave. Raises StaleToken when the lease is lost."""
        await self._patiently(self.agreed.load)
        settings = self.agreed.settings
        states = States(self._group, settings.basis())
        standing = self._standing(await self._patiently(self._group.standing))
        attribution = Attribution(self.agreed.route, self.agreed.candidate, settings.basis(), standing)
        self.owns = True
        try:
            while not self.leaving:
                entries = await self._patiently(partial(self._group.fetch, _FETCH_AT_ONCE))
                if entries:
                    await self._settle(entries, states, attribution)
                    # A commit costs the same for few pairs as for many; what was delivered before comes alone anyway.
                    if len(entries) < _COMPANY and entries[0].deliveries == 1:
                        await self._pause(_LINGER_S)
                else:
                    await self._patiently(partial(self._samples.keep, ()))
                    await self._patiently(partial(self._group.wait, min(_WAIT_S, self._lease_s / 3)))
        finally:
            self.owns = False

    async def _settle(self, entries: Sequence[Entry], states: States, attribution: Attribution) -> None:
        """Compare these and commit them, in one turn or, where they are much at once, in several."""
        read = await self._readable(entries)
        if are_light([entry.data for entry, _ in read]):
            await self._settle_turn([entry for entry, _ in read], _stored(read), states, attribution)
            return
        async with self._alone():
            coming, begin = turns(_stored(read), self.agreed.settings.max_decoded_bytes), 0
            while turn := await self._apart(next, coming, None):
                own = [entry for entry, _ in read[begin : begin + len(turn)]]
                await self._settle_turn(own, turn, states, attribution)
                begin += len(turn)

    async def _readable(self, entries: Sequence[Entry]) -> list[tuple[Entry, Pair]]:
        """Without those that are no pairs of ours: these are set aside."""
        read = [(entry, pair) for entry in entries if (pair := self._decoded(entry)) is not None]
        if len(read) < len(entries):
            ids = {entry.id for entry in entries}.difference(entry.id for entry, _ in read)
            counts = Counter({SET_ASIDE: len(ids)})
            await self._patiently(partial(self._group.commit, sorted(ids), counts=counts))
            self.agreed.counts.update(counts)
        return read

    async def _settle_turn(
        self, entries: Sequence[Entry], stored: Sequence[Stored], states: States, attribution: Attribution
    ) -> None:
        """`stored` are the pairs of `entries`. After it they count once, or the lease is lost and they do not."""
        if not entries:
            return
        await self._patiently(partial(self.agreed.learn_plans, [each.pair.exchange for each in stored]))
        reads = await self._apart(read_all, stored, self.agreed.plans)
        by_state = await self._by_state(reads, attribution)
        slicings = {
            name: await self._patiently(partial(self.agreed.slices.of, epoch_of(name), own))
            for name, own in by_state.items()
        }
        judgements = await self._apart(self._judge, by_state, slicings)
        await self._patiently(partial(states.hold, list(by_state)))
        new = {name: states.add(name, each.summary) for name, each in judgements.items()}
        new |= await self._patiently(partial(states.fold, list(by_state)))
        judged = [one.comparison for each in judgements.values() for one in each.judged]
        counts = counted(judged)
        if len(judged) < len(entries):
            counts[SET_ASIDE] = len(entries) - len(judged)
        ids = [entry.id for entry in entries]
        pairs = [each.pair for each in stored]
        await self._patiently(partial(self._samples.keep, told(list(zip(entries, pairs, strict=True)), judgements)))
        standing = standing_to_bytes(attribution.standing)
        await self._patiently(partial(self._group.commit, ids, states=new, counts=counts, standing=standing))
        states.committed(new)
        self.agreed.counts.update(counts)
        await self._show(judgements)

    async def _apart(self, work: Callable[..., Outcome], *arguments: Any) -> Outcome:
        """In a thread, which may take longer than the lease."""
        working = asyncio.get_running_loop().run_in_executor(None, partial(work, *arguments))
        while not (await asyncio.wait({working}, timeout=self._lease_s / 3))[0]:
            await self._keep_lease()
        return working.result()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """While no other lane of this process has much in memory."""
        while True:
            try:
                async with asyncio.timeout(self._lease_s / 3):
                    await self._heavy.acquire()
                break
            except TimeoutError:
                await self._keep_lease()
        try:
            yield
        finally:
            self._heavy.release()

    async def _keep_lease(self) -> None:
        """Raises StaleToken where it was lost: what is being worked on is then for nothing."""
        token = self._group.token
        if not await self._patiently(self._group.acquire) or self._group.token != token:
            raise StaleToken("the lease was lost while pairs were being compared")

    def _judge(self, by_state: Mapping[str, Sequence[Read]], slicings: Mapping[str, Slicings]) -> dict[str, Judgement]:
        return {name: judge(reads, self.agreed.plans, slicings[name]) for name, reads in by_state.items()}

    def _standing(self, stored: bytes | None) -> Standing:
        try:
            return standing_from_bytes(stored) if stored else NOWHERE
        except msgspec.DecodeError:
            log.warning("standing.unreadable", bytes=len(stored or b""), **self._names())
            return NOWHERE

    def _decoded(self, entry: Entry) -> Pair | None:
        try:
            return decode_pair(entry.data)
        except RecordError as error:
            log.warning("pair.set_aside", entry=entry.id, error=str(error), **self._names())
            return None

    async def _by_state(self, reads: Sequence[Read], attribution: Attribution) -> dict[str, list[Read]]:
        by_state: dict[str, list[Read]] = defaultdict(list)
        epoch, number = None, 0
        for each in reads:
            own = attribution.epoch_of(each)
            if own is not epoch:
                epoch, number = own, await self._patiently(partial(self.agreed.number, own))
            by_state[name_of(number, each.pair.exchange.production.wall_ns)].append(each)
        return by_state

    async def _show(self, judgements: Mapping[str, Judgement]) -> None:
        """Keep a few examples, redacted. Losing one to a store that is away changes no number."""
        for name, own in judgements.items():
            wanted = [each for each in own.judged if self._chooser.wants(each.comparison)]
            if wanted:
                written = await self._apart(self._written, wanted)
                with suppress(StoreError):
                    await self.agreed.show(epoch_of(name), written)

    def _written(self, wanted: Sequence[Judged]) -> list[bytes]:
        return [msgspec.json.encode(self._example(each)) for each in wanted]

    def _example(self, each: Judged) -> Example:
        return example(self._redaction.pair(each.pair), each.comparison, self.agreed.view)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._leaving.wait()

    def _names(self) -> dict[str, str]:
        return {"route": self.agreed.route, "candidate": self.agreed.candidate}


def _stored(read: Sequence[tuple[Entry, Pair]]) -> list[Stored]:
    return [Stored(pair, ms_of(entry.id)) for entry, pair in read]
