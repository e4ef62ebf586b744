"""A steward in a process of its own, whose lane stalls: it says `holding`, and the whole process then waits for a line.

Given one, it commits what it holds, as if no time had passed, and says what became of it: `committed` or `refused`.
"""

from __future__ import annotations

import asyncio
import sys

import structlog

from ground.tasks import Tasks
from records.errors import StaleToken
from records.settings import RecordingSettings, RedisSettings
from records.store.lease import Lane, Lease
from records.store.store import Store
from tests.records.work import FILED, Desk, Office, steward


class StallingClerk:
    def __init__(self, lease: Lease) -> None:
        self.under_way = 0
        self._lease = lease
        self._tasks = Tasks()

    async def work(self) -> None:
        while not (entries := await self._lease.fetch(16)):
            await self._lease.wait(0.05)
        say("holding")
        sys.stdin.readline()
        # Apart: that the lease is gone would end this work before the store's answer came.
        self._tasks.start("stalling.commit", self._commit([entry.id for entry in entries]))
        await self._lease.asked_to_leave()

    async def _commit(self, entries: list[str]) -> None:
        try:
            await self._lease.commit(entries, counts={FILED: len(entries)})
            say("committed")
        except StaleToken:
            say("refused")


class StallingOffice(Office):
    def lane(self, partition: int, lease: Lease) -> Lane:
        del partition
        return StallingClerk(lease)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def main(url: str, lease_s: float) -> None:
    store = Store.create(RedisSettings(url=url, lease_s=lease_s), RecordingSettings(partitions=2))
    stalling = steward(store, "stalling")
    stalling.start()
    await stalling.see_to([StallingOffice(store, "stalling", Desk())])
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
