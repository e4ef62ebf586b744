"""An embedded Redis told something, over its socket and by no client of ours."""

import asyncio

from understudy.site.embedded_redis import EmbeddedRedis


async def told(redis: EmbeddedRedis, command: str) -> str:
    """What it answers."""
    reader, writer = await asyncio.open_unix_connection(str(redis.socket))
    writer.write(command.encode() + b"\r\n")
    line = await reader.readline()
    if line.startswith(b"$"):
        line = await reader.readline()
    writer.close()
    return line.decode().strip()
