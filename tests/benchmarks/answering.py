"""A server for the load generators' tests, in threads of its own."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port where each connection is given to `answer`, and closed when that returns."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            answer(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 256

    with Server(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield listening.server_address[1]
        finally:
            listening.shutdown()
            thread.join()


def requests(connection: socket.socket, end: bytes) -> Iterator[bytes]:
    """Each request that came, head and body, by how its body ends."""
    read = b""
    while data := connection.recv(65_536):
        read += data
        if read.endswith(end):
            yield read
            read = b""
