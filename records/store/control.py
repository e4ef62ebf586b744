"""What all roles agree on: the overlay of settings, epochs, plans, conditions, examples. Plain keys, one to a command.

Documents are the callers' own bytes; nothing here reads them.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from records.store import keys
from records.store.keys import Stage
from records.store.lua import EPOCH, PRESENT, PROPOSE_CONDITIONS, PROPOSE_PLAN, REPLACE_OVERLAY, TELL
from records.store.server import Client

MAX_EXAMPLES = 200  # of one epoch
MAX_PLANS = 1_000
MAX_ANSWERS = 100  # offered for one plan
MAX_CONDITIONS = 64  # documents of one epoch: one of each plan
MAX_CONDITIONS_BYTES = 2_097_152  # of one of them


class StoredConditions(NamedTuple):
    """A document, and when it was stored by Redis's clock: it is about pairs whose entries have a later time."""

    since_ms: int
    document: bytes

    def are_about(self, entry: str) -> bool:
        """Whether the pair of this entry counts: what is counted live is then what a recomputation counts."""
        return int(entry.partition("-")[0]) > self.since_ms


class Control:
    def __init__(self, client: Client, max_age_ms: int) -> None:
        self._client = client
        self._max_age_ms = max_age_ms

    async def present(self, stage: Stage, owner: str, silent_s: float) -> list[str]:
        """Announce `owner`, and answer all who did so within the last `silent_s`: among them the work is shared."""
        key = keys.present(stage)
        members = await PRESENT.run(self._client, (key,), owner, int(silent_s * 1000))
        return [member.decode() for member in members]

    async def absent(self, stage: Stage, owner: str) -> None:
        """Take the announcement back, so that the others need not wait."""
        key = keys.present(stage)
        await self._client.call(key, "ZREM", key, owner)

    async def tell(self, route: str, candidate: str, owner: str, word: bytes, silent_s: float) -> None:
        """What `owner` says of the candidate; empty: nothing. Others' words go where they are older than `silent_s`."""
        key = keys.words(route, candidate)
        await TELL.run(self._client, (key,), owner, word, int(silent_s * 1000), self._max_age_ms)

    async def words(self, route: str, candidate: str) -> list[bytes]:
        """What is said of the candidate: as many as there are workers, and the last ones where there is none now."""
        key = keys.words(route, candidate)
        return [word.partition(b" ")[2] for word in await self._client.call(key, "HVALS", key)]

    async def overlay(self) -> tuple[int, bytes]:
        """Revision and document; (0, b"") where there is none."""
        revision, document = await self._client.call(keys.OVERLAY, "HMGET", keys.OVERLAY, "revision", "document")
        return int(revision or 0), document or b""

    async def replace_overlay(self, expected_revision: int, document: bytes) -> int | None:
        """The new revision; None where somebody else has changed it since `expected_revision`."""
        revision: int = await REPLACE_OVERLAY.run(self._client, (keys.OVERLAY,), expected_revision, document)
        return revision or None

    async def epoch(self, candidate: str, fingerprint: str, about: bytes) -> int:
        """The number of this fingerprint's epoch, from 1; a new fingerprint opens the next one."""
        number: int = await EPOCH.run(self._client, (keys.epochs(candidate),), fingerprint, about)
        return number

    async def epochs(self, candidate: str) -> list[tuple[int, bytes]]:
        """Number and `about` of each, oldest first."""
        key = keys.epochs(candidate)
        flat = await self._client.call(key, "HGETALL", key)
        fields = zip(flat[::2], flat[1::2], strict=True)
        return sorted((int(name[6:]), about) for name, about in fields if name.startswith(b"about:"))

    async def plan(self, key: str, proposal: bytes, known: bytes = b"") -> bytes:
        """The stored plan: the proposal, where what is stored is still what its proposer knew (b"": nothing). Beyond
        MAX_PLANS a proposal for another key is answered, not kept.
        """
        stored: bytes = await PROPOSE_PLAN.run(self._client, (keys.PLANS,), key, known, proposal, MAX_PLANS)
        return stored

    async def keep_earlier_plan(self, key: str, revision: int, plan: bytes) -> None:
        """Before the next revision takes its place: its evidence may still be compared anew."""
        await self._client.call(keys.EARLIER_PLANS, "HSETNX", keys.EARLIER_PLANS, f"{key}\n{revision}", plan)

    async def plans(self) -> dict[str, bytes]:
        """The latest of each key."""
        flat = await self._client.call(keys.PLANS, "HGETALL", keys.PLANS)
        return {key.decode(): plan for key, plan in zip(flat[::2], flat[1::2], strict=True)}

    async def plans_of(self, wanted: Sequence[str]) -> dict[str, bytes]:
        """The latest of these, as far as there are any."""
        if not wanted:
            return {}
        found = await self._client.call(keys.PLANS, "HMGET", keys.PLANS, *wanted)
        return {key: plan for key, plan in zip(wanted, found, strict=True) if plan is not None}

    async def earlier_plans(self) -> list[tuple[str, bytes]]:
        """(key, plan), of all revisions but the latest."""
        flat = await self._client.call(keys.EARLIER_PLANS, "HGETALL", keys.EARLIER_PLANS)
        names = (name.decode().rpartition("\n")[0] for name in flat[::2])
        return list(zip(names, flat[1::2], strict=True))

    async def offer_answers(self, route: str, kind: str, places: Mapping[str, bytes]) -> dict[str, bytes]:
        """Where answers to these exchanges are, beside what was offered before; all of them, by exchange. About
        MAX_ANSWERS are kept, none for longer than recordings are.
        """
        key = keys.answers(route, kind)
        known = await self._offered(key)
        new = [each for each in places.items() if each[0] not in known][: MAX_ANSWERS - len(known)]
        if new:
            written: Iterable[str | bytes] = chain.from_iterable(new)
            await self._client.call(key, "HSET", key, *written)
            await self._client.call(key, "PEXPIRE", key, self._max_age_ms)
            known = await self._offered(key)
        return known

    async def withdraw_answers(self, route: str, kind: str) -> None:
        """The plan was decided."""
        key = keys.answers(route, kind)
        await self._client.call(key, "DEL", key)

    async def _offered(self, key: str) -> dict[str, bytes]:
        flat = await self._client.call(key, "HGETALL", key)
        return {exchange.decode(): place for exchange, place in zip(flat[::2], flat[1::2], strict=True)}

    async def conditions(self, candidate: str, epoch: int, plan: str, later: int = 0) -> StoredConditions | None:
        """What was stored for the plan: first, or as the first, second, … `later` one. Nothing that was read before
        asking is later than what is stored after it.
        """
        key = keys.conditions(candidate, epoch, later)
        return _conditions(await self._client.call(key, "HGET", key, plan))

    async def all_conditions(self, candidate: str, epoch: int, later: int = 0) -> dict[str, StoredConditions]:
        """By plan."""
        key = keys.conditions(candidate, epoch, later)
        flat = await self._client.call(key, "HGETALL", key)
        stored = ((plan.decode(), _conditions(each)) for plan, each in zip(flat[::2], flat[1::2], strict=True))
        return {plan: each for plan, each in stored if each is not None}

    async def propose_conditions(
        self, candidate: str, epoch: int, plan: str, proposal: bytes, later: int = 0
    ) -> StoredConditions | None:
        """What is stored for the plan; the first proposal is kept, as long as the epoch's summaries are. None where
        there is no room: beyond MAX_CONDITIONS, and for a proposal of more than MAX_CONDITIONS_BYTES.
        """
        if len(proposal) > MAX_CONDITIONS_BYTES:
            return None
        key = keys.conditions(candidate, epoch, later)
        return _conditions(await PROPOSE_CONDITIONS.run(self._client, (key,), plan, proposal, MAX_CONDITIONS))

    async def add_examples(self, candidate: str, epoch: int, examples: Sequence[bytes]) -> None:
        """Keep these; only the newest MAX_EXAMPLES stay, and none for longer than recordings do."""
        key = keys.examples(candidate, epoch)
        await self._client.call(key, "RPUSH", key, *examples[-MAX_EXAMPLES:])
        await self._client.call(key, "LTRIM", key, -MAX_EXAMPLES, -1)
        await self._client.call(key, "PEXPIRE", key, self._max_age_ms)

    async def examples(self, candidate: str, epoch: int) -> list[bytes]:
        """Oldest first."""
        key = keys.examples(candidate, epoch)
        examples: list[bytes] = await self._client.call(key, "LRANGE", key, 0, -1)
        return examples

    async def add_farthest(
        self, candidate: str, epoch: int, plan: str, output: str, size: float, example: bytes, most: int
    ) -> None:
        """Keep this one if it is among the `most` largest of its output, as long as examples are kept; of equal ones
        the first by their bytes. So it does not matter in which order, or how often, they come.
        """
        key = keys.farthest(candidate, epoch, plan, output)
        await self._client.call(key, "ZADD", key, repr(-size), example)
        await self._client.call(key, "ZREMRANGEBYRANK", key, most, -1)
        await self._client.call(key, "PEXPIRE", key, self._max_age_ms)

    async def farthest(self, candidate: str, epoch: int, plan: str, output: str) -> list[tuple[float, bytes]]:
        """Each with its size, the largest first."""
        key = keys.farthest(candidate, epoch, plan, output)
        flat = await self._client.call(key, "ZRANGE", key, 0, -1, "WITHSCORES")
        return [(-float(size), example) for example, size in zip(flat[::2], flat[1::2], strict=True)]


def _conditions(stored: bytes | None) -> StoredConditions | None:
    if stored is None:
        return None
    since_ms, _, document = stored.partition(b" ")
    return StoredConditions(int(since_ms), document)
