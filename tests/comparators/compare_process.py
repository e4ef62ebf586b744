"""A compare worker as a process of its own, with no more address space than it is told: URL of Redis, bytes.

When it has been stopped it writes how much memory it had at most, in bytes, as its last line.
"""

import asyncio
import resource
import signal
import sys
from pathlib import Path

from comparators.stored.worker import CompareWorker
from records.settings import KeptSettings, RecordingSettings, RedisSettings
from records.store.store import Store
from tests.comparators.staging import SECRET, Route


def peak_bytes() -> int:
    """Of this process alone: getrusage would count who started it, too."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024


async def main(url: str, owner: str) -> None:
    store = Store.create(RedisSettings(url=url, lease_s=3.0, timeout_s=2.0), RecordingSettings(partitions=2))
    worker = CompareWorker(kept=KeptSettings(), secret=SECRET, store=store, owner=owner)
    await worker.start()
    await worker.apply([Route()], revision=1)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await worker.drain(10.0)
    await store.close()


if __name__ == "__main__":
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    asyncio.run(main(sys.argv[1], "process"))
    sys.stdout.write(f"{peak_bytes()}\n")
