"""What the kernel knows or does and the event loop does not tell or offer. One socket, no protocol."""

from __future__ import annotations

import asyncio
import select
import socket
import struct
from collections.abc import Iterator

_PIECE = 65_536
_NEWS = select.POLLIN | select.POLLRDHUP
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time at all


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


def reset_when_closed(connected: socket.socket) -> None:
    """Closing it tells the peer that what it has is not all (a RST, not a FIN)."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)


def acknowledge_now(connected: socket.socket) -> None:
    """Send the acknowledgement that is due, and the next few, without delay (tcp(7), TCP_QUICKACK; it does not last).

    A server that writes an answer in pieces, and does not set TCP_NODELAY, sends the second piece only when the first
    is acknowledged (Nagle's rule); and on a kept connection Linux puts that off for 40 ms, in the hope of something to
    send it with.
    """
    try:  # noqa: SIM105  suppress() costs as much as the call
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    except OSError:
        pass  # it broke: whoever reads it will see


class Watch:
    """Asks the kernel whether an idle connection is readable or closed, before the loop comes to read it."""

    __slots__ = ("_poll",)

    def __init__(self, connected: socket.socket) -> None:
        self._poll = select.poll()
        self._poll.register(connected, _NEWS)

    def sees_news(self) -> bool:
        return bool(self._poll.poll(0))


def left_behind(lost: socket.socket) -> Iterator[bytes]:
    """What came before a write failed, and was not read. The loop gives a connection up at once when writing fails, but
    Linux keeps what was received, reset or not; and closes the socket only behind `connection_lost`."""
    try:
        while piece := lost.recv(_PIECE):
            yield piece
    except OSError:
        return  # nothing more is here, or nothing more will come
