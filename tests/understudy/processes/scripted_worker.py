"""A worker process that does what its first argument says, instead of a role's work; it speaks the channel's language.

good       works until it is told to drain, and beats until it is told that it is unready
deaf       works, and does not hear
dying      ends with 7 as soon as it has said that it works
"""

import asyncio
import socket
import sys
from pathlib import Path

from understudy.processes.channel import BEATS, Channel, Drain, Start, Started, Unready


async def work(behaviour: str, end: socket.socket) -> int:
    channel = await Channel.over(end)
    start = await channel.receive()
    assert isinstance(start, Start)
    said = Path(start.settings.data_dir) / "said"
    channel.send(Started())
    if behaviour == "dying":
        await asyncio.sleep(0)
        return 7
    beating = asyncio.create_task(beat(channel, start.settings.watchdog_s)) if behaviour == "good" else None  # noqa: TID251
    while (message := await channel.receive()) is not None:
        if isinstance(message, Unready) and beating is not None:
            beating.cancel()
        with said.open("a") as file:
            file.write(f"{type(message).__name__}\n")
        if isinstance(message, Drain) and behaviour == "good":
            return 0
    return 0


async def beat(channel: Channel, watchdog_s: float) -> None:
    while True:
        channel.beat()
        await asyncio.sleep(watchdog_s / BEATS)


if __name__ == "__main__":
    sys.exit(asyncio.run(work(sys.argv[1], socket.socket(fileno=int(sys.argv[2])))))
