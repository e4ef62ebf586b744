"""A proxy worker as a process of its own, for what must be measured from outside: `worker_process URL STORE DIRECTORY`.

Prints its port when it listens, and drains when its input ends.
"""

import asyncio
import sys
from pathlib import Path

import uvloop

from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.proxy.live.proxying import Proxy


async def main(production: str, store_url: str, directory: str) -> None:
    store = Store.create(RedisSettings(url=store_url), RecordingSettings(partitions=2))
    async with Proxy(store, production, Path(directory)) as proxy:
        sys.stdout.write(f"{proxy.port}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    await store.close()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
