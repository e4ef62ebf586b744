"""A server whose latency is known: `python -m benchmarks.instrument.server PORT WAYS TAKES_US CHUNKS`.

It works on WAYS requests at a time, the others wait in the order in which they came; each takes TAKES_US, and is
answered in CHUNKS pieces, evenly spread, or in one (0) by length. A thread a connection: sleeping is exact to some ten
microseconds there, where an event loop's timers tick in milliseconds.
"""

import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.traffic import ANSWER_BODY, REQUEST_BODY

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_WHOLE = _HEAD + b"Content-Length: %d\r\n\r\n" % len(ANSWER_BODY) + ANSWER_BODY
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


class Queue:
    """First come, first served."""

    def __init__(self, ways: int) -> None:
        self._free = ways
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self._lock:
            mine = threading.Event()
            if self._free:
                self._free -= 1
                mine.set()
            else:
                self._waiting.append(mine)
        mine.wait()
        try:
            yield
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().set()
                else:
                    self._free += 1


class Connection(threading.Thread):
    def __init__(self, connected: socket.socket, queue: Queue, takes_s: float, chunks: int) -> None:
        super().__init__(daemon=True)
        self._socket = connected
        self._queue = queue
        self._takes_s = takes_s
        self._chunks = chunks
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        while self._read():
            with self._queue.turn():
                if self._chunks:
                    self._stream()
                else:
                    time.sleep(self._takes_s)
            if not self._chunks:
                self._socket.sendall(_WHOLE)

    def _read(self) -> bool:
        """One request; False where there is none any more. All of them have the same body."""
        data = b""
        while not data.endswith(REQUEST_BODY):
            more = self._socket.recv(65_536)
            if not more:
                return False
            data += more
        return True

    def _stream(self) -> None:
        size = -(-len(ANSWER_BODY) // self._chunks)
        self._socket.sendall(_CHUNKED)
        for start in range(0, len(ANSWER_BODY), size):
            time.sleep(self._takes_s / self._chunks)
            piece = ANSWER_BODY[start : start + size]
            self._socket.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        self._socket.sendall(b"0\r\n\r\n")


def main(arguments: Sequence[str]) -> None:
    port, ways, takes_us, chunks = (int(each) for each in arguments)
    queue = Queue(ways)
    with socket.create_server(("127.0.0.1", port), backlog=256) as listener:
        while True:
            Connection(listener.accept()[0], queue, takes_us / 1e6, chunks).start()


if __name__ == "__main__":
    main(sys.argv[1:])
