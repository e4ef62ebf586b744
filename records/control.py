"""What all roles agree on: the overlay of settings, epochs, plans, examples. Plain keys, one to a command.

Documents are the callers' own bytes; nothing here reads them.
"""

from collections.abc import Sequence

from records import keys
from records.keys import Stage
from records.lua import EPOCH, PRESENT, REPLACE_OVERLAY
from records.server import Client

MAX_EXAMPLES = 200  # of one epoch
MAX_PLANS = 1_000


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

    async def plan(self, key: str, proposal: bytes) -> bytes:
        """The stored plan; the first proposal is kept. Beyond MAX_PLANS a proposal is answered, not kept."""
        stored: bytes | None = await self._client.call(keys.PLANS, "HGET", keys.PLANS, key)
        if stored is None and await self._client.call(keys.PLANS, "HLEN", keys.PLANS) < MAX_PLANS:
            await self._client.call(keys.PLANS, "HSETNX", keys.PLANS, key, proposal)
            stored = await self._client.call(keys.PLANS, "HGET", keys.PLANS, key)
        return proposal if stored is None else stored

    async def plans(self) -> dict[str, bytes]:
        flat = await self._client.call(keys.PLANS, "HGETALL", keys.PLANS)
        return {key.decode(): plan for key, plan in zip(flat[::2], flat[1::2], strict=True)}

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
