"""One partition of one consumer group: its lease, its entries, and what its owner made of them.

Mirror workers read exchanges and write pairs, compare workers read pairs and write summaries; both through this. All
that counts happens in scripts/, behind the fence of the lease's token; here is what one owner must remember meanwhile.
"""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from records.errors import NotJoined, StaleToken, StoreAway
from records.store.bounds import size_of
from records.store.keys import PartitionKeys, Stage
from records.store.lua import ACQUIRE, COMMIT_ENTRIES, DEFER, FETCH, RECOVER, RELEASE
from records.store.server import Argument, Client, NotPending

MAX_ENTRIES = 1_024  # of one fetch or commit
MAX_DELIVERIES = 3  # then an entry is set aside: it may be what kills its readers
FETCH_MAX_BYTES = 8_388_608
CONSUMER = "owner"  # one for all: the lease says who owns, and what was pending passes on with it
OUTCOME: dict[Stage, str] = {"mirror": "skipped", "compare": "incomparable"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    id: str
    seq: int  # dense within the partition
    data: bytes
    waited_ns: int  # since it was committed, by Redis's clock
    deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupBounds:
    """Of what a group reads and writes, in one partition."""

    lease_ms: int
    max_age_ms: int
    max_pairs_bytes: int
    max_wait_s: float  # of one blocking read: below the deadline of a command


@dataclass(slots=True)
class _Recovery:
    """Where reading what is pending stands. `taken_over`: from another owner, so each counts as delivered again."""

    start: str
    taken_over: bool


class Group:
    """What one owner has of one partition. Reading and committing may go on at the same time."""

    def __init__(
        self, client: Client, keys: PartitionKeys, candidate: str, stage: Stage, owner: str, bounds: GroupBounds
    ) -> None:
        self._client = client
        self._keys = keys
        self._candidate = candidate
        self._stage = stage
        self._owner = owner
        self._bounds = bounds
        self._stream = keys.exchanges if stage == "mirror" else keys.pairs(candidate)
        self._lease = keys.lease(stage, candidate)
        self._counts = keys.counts(candidate)
        self._forget()

    def _forget(self) -> None:
        self._token = 0
        self._reads = 0
        self._held: set[str] = set()
        self._deferred: set[str] = set()
        self._unresolved: set[tuple[str, ...]] = set()
        self._owed: list[tuple[str, tuple[str, ...]]] = []
        self._recovery: _Recovery | None = None
        self._read_until = ""  # the stream's newest id, where all was read

    @property
    def token(self) -> int:
        """0 without the lease. When it changes, what was read before belongs to nobody here."""
        return self._token

    @property
    def bounds(self) -> GroupBounds:
        return self._bounds

    async def acquire(self) -> bool:
        """Take the lease, or renew it; False while another has it, or the candidate was removed. Raises NotJoined.

        Reading and committing renew it too. Call this well within the lease's time when neither happens.
        """
        token: int = await ACQUIRE.run(self._client, (self._lease,), self._owner, self._token, self._bounds.lease_ms)
        if token != self._token:
            self._forget()
            self._token = token
            self._recovery = _Recovery("-", taken_over=True)
        return token != 0

    async def release(self) -> None:
        """Give the lease up at once; what was read and not committed passes to the next owner."""
        token = self._token
        self._forget()
        if token:
            await RELEASE.run(self._client, (self._lease,), token)

    async def fetch(self, count: int) -> list[Entry]:
        """At most `count` entries: what was pending when the lease was acquired or an answer was lost, then new ones.

        Raises StaleToken when the lease is lost: what was read before belongs to another, stop working on it.
        """
        if not self._token:
            raise StaleToken(f"{self._lease} was not acquired")
        count = min(count, MAX_ENTRIES)
        await self._pay()
        while self._recovery is not None:
            entries = await self._recover(self._recovery, count)
            if entries:
                return entries
            await self._pay()
        return await self._read(count)

    async def wait(self, timeout_s: float) -> None:
        """Return when something may have arrived, `timeout_s` passed, or earlier. Uses a connection of its own."""
        if self._recovery is not None or not self._read_until:
            return
        wait_s = min(timeout_s, self._bounds.max_wait_s)
        stream, block = self._stream.records, max(1, int(wait_s * 1000))
        command = ("XREAD", "COUNT", 1, "BLOCK", block, "STREAMS", stream, self._read_until)
        await self._client.call(stream, *command)

    async def commit(
        self,
        entries: Sequence[str],
        *,
        pairs: Sequence[bytes] = (),
        states: Mapping[str, bytes] | None = None,
        counts: Mapping[str, int] | None = None,
        standing: bytes = b"",
    ) -> None:
        """Acknowledge `entries` and apply the rest with them, all or nothing.

        counts: "mirrored", "skipped.<reason>", "compared", "incomparable.<reason>", "latency_excluded.<reason>".
        states: summaries by "<epoch>:<hour>"; an empty one is removed.
        standing: the caller's own word, for `standing` to answer from now on.

        StoreAway: commit the same entries with the same arguments again; applied or not, they count once. To have them
        delivered again instead, release and acquire. StaleToken: nothing was applied.
        """
        ids = tuple(entries)
        self._check(ids)
        try:
            await self._settle(ids, pairs, states or {}, counts or {}, standing)
        except StoreAway:
            self._unresolved.add(ids)
            raise
        except NotPending as error:
            # Only this owner can acknowledge under its token: the sending whose answer was lost has been applied.
            if ids not in self._unresolved:
                self._forget()
                raise StaleToken(str(error)) from error
        self._unresolved.discard(ids)
        self._held.difference_update(ids)
        self._deferred.difference_update(ids)

    async def defer(self, entries: Sequence[str]) -> None:
        """These, which were read here, wait: coverage says so, and none of their deliveries counts against them.

        StoreAway: do it again. StaleToken: they are another's.
        """
        self._check(tuple(entries))
        waiting = self._deferred.union(entries)
        arguments: list[Argument] = [self._candidate, CONSUMER, self._token, self._bounds.lease_ms, len(waiting)]
        await self._fenced(DEFER.run(self._client, (self._stream.records, self._lease), *arguments, *entries))
        self._deferred = waiting

    async def standing(self) -> bytes | None:
        """What was last committed as such, by this owner or one before; None where nothing was."""
        standing: bytes | None = await self._client.call(self._lease, "HGET", self._lease, "standing")
        return standing

    async def state_names(self) -> list[str]:
        """Which summaries this partition has, by "<epoch>:<hour>"."""
        index = self._keys.summary_names(self._candidate)
        return sorted(name.decode() for name in await self._client.call(index, "SMEMBERS", index))

    async def load_states(self, names: Iterable[str]) -> dict[str, bytes]:
        """The states of these names as they are now, as far as they are there."""
        states = {}
        for name in names:
            key = self._keys.summary(self._candidate, name)
            state = await self._client.call(key, "GET", key)
            if state is not None:
                states[name] = state
        return states

    def _check(self, ids: tuple[str, ...]) -> None:
        if not self._token:
            raise StaleToken(f"{self._lease} was not acquired")
        if not 0 < len(ids) <= MAX_ENTRIES:
            raise ValueError(f"{len(ids)} entries in one commit; 1 to {MAX_ENTRIES} are right")
        if len(self._held.intersection(ids)) != len(ids):
            raise ValueError(f"{self._lease}: to commit are entries that were read here, each once")
        if any(ids != sent and not set(ids).isdisjoint(sent) for sent in self._unresolved):
            raise ValueError(f"{self._lease}: a commit whose outcome is unknown is repeated whole")

    async def _settle(
        self,
        ids: tuple[str, ...],
        pairs: Sequence[bytes],
        states: Mapping[str, bytes],
        counts: Mapping[str, int],
        standing: bytes,
    ) -> None:
        written = self._keys.pairs(self._candidate)
        keys = [self._stream.records, self._lease, self._counts, written.records, written.ledger, written.head]
        keys += (self._keys.summary_names(self._candidate), self._keys.summary_stamps(self._candidate))
        keys += (self._keys.summary(self._candidate, name) for name in states)
        arguments: list[Argument] = [self._candidate, self._token, self._bounds.lease_ms, self._reason("set_aside")]
        arguments += (size_of(pairs), self._bounds.max_pairs_bytes)
        arguments += (self._bounds.max_age_ms, len(ids), len(pairs), len(states), len(counts))
        arguments += (standing, len(self._deferred.difference(ids)), *ids, *pairs)
        for name, state in states.items():
            arguments += (name, state)
        for name, amount in counts.items():
            arguments += (name, amount)
        await self._fenced(COMMIT_ENTRIES.run(self._client, keys, *arguments))

    async def _read(self, count: int) -> list[Entry]:
        self._reads += 1
        keys = (self._stream.records, self._stream.ledger, self._stream.head, self._lease, self._counts)
        arguments = (self._candidate, CONSUMER, self._token, self._bounds.lease_ms, self._reads, count)
        bounds = (FETCH_MAX_BYTES, self._bounds.max_age_ms, self._reason("expired"))
        try:
            now_us, newest, found = await self._fenced_read(FETCH.run(self._client, keys, *arguments, *bounds))
        except StoreAway:
            # It may have been applied: what it made pending is then nobody's until it is read again.
            self._recovery = self._recovery or _Recovery("-", taken_over=False)
            raise
        self._read_until = newest.decode()
        entries = [_entry(raw_id, data, now_us, deliveries=1) for raw_id, data in found]
        self._held.update(entry.id for entry in entries)
        return entries

    async def _recover(self, recovery: _Recovery, count: int) -> list[Entry]:
        """A page of what is pending, without what this owner is working on already."""
        self._reads += 1
        arguments = (self._candidate, CONSUMER, self._token, self._reads, recovery.start, count, FETCH_MAX_BYTES)
        now_us, following, found = await self._fenced_read(
            RECOVER.run(self._client, (self._stream.records, self._lease), *arguments, int(recovery.taken_over))
        )
        self._recovery = _Recovery(following.decode(), recovery.taken_over) if following else None
        page = [_entry(raw_id, data, now_us, deliveries) for raw_id, data, deliveries in found]
        page = [entry for entry in page if entry.id not in self._held]
        self._held.update(entry.id for entry in page)
        self._owe("expired", [entry for entry in page if not entry.data])
        self._owe("set_aside", [entry for entry in page if entry.data and entry.deliveries > MAX_DELIVERIES])
        return [entry for entry in page if entry.data and entry.deliveries <= MAX_DELIVERIES]

    def _owe(self, reason: str, entries: list[Entry]) -> None:
        if entries:
            log.warning(
                "entries.settled_unread",
                reason=reason,
                stream=self._stream.records,
                ids=[entry.id for entry in entries],
            )
            self._owed.append((reason, tuple(entry.id for entry in entries)))

    async def _pay(self) -> None:
        """Book what this owner itself decided about entries."""
        while self._owed:
            reason, ids = self._owed[0]
            await self.commit(ids, counts={self._reason(reason): len(ids)})
            del self._owed[0]

    def _reason(self, reason: str) -> str:
        return f"{OUTCOME[self._stage]}.{reason}"

    async def _fenced(self, script: Awaitable[Any]) -> Any:
        try:
            return await script
        except (StaleToken, NotJoined):
            self._forget()
            raise

    async def _fenced_read(self, script: Awaitable[Any]) -> Any:
        token = self._token
        answer = await self._fenced(script)
        if self._token != token:
            # Subtle: held here, what was read under the token before would never be delivered under this one.
            raise StaleToken(f"{self._lease} changed hands before its entries came")
        return answer


def _entry(raw_id: bytes, data: bytes, now_us: int, deliveries: int) -> Entry:
    ms, seq = raw_id.split(b"-")
    waited_ns = max(0, now_us - int(ms) * 1000) * 1000
    return Entry(id=raw_id.decode(), seq=int(seq), data=data, waited_ns=waited_ns, deliveries=deliveries)
