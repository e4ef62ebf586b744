"""What the kernel knows of a connection to an endpoint and the event loop does not tell. One socket, no protocol."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

_PIECE = 65_536


async def connect(family: socket.AddressFamily, address: str | tuple[str, int]) -> socket.socket:
    """A connected socket, that the loop then takes over. Raises OSError."""
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        if family != socket.AF_UNIX:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(opened, address)
    except BaseException:
        opened.close()
        raise
    return opened


def left_behind(lost: socket.socket) -> Iterator[bytes]:
    """What came before a write failed, and was not read. The loop gives a connection up at once when writing fails, but
    Linux keeps what was received, reset or not; and closes the socket only behind `connection_lost`."""
    try:
        while piece := lost.recv(_PIECE):
            yield piece
    except OSError:
        return  # nothing more is here, or nothing more will come
