"""A server that writes head and body apart, without TCP_NODELAY: how long a proxy makes its clients wait.

`python -m benchmarks.apart`. Python's own http.server is such a one. On a kept connection its second write waits for
the acknowledgement of the first (Nagle's rule), which Linux puts off for 40 ms. A client that opens a connection a
request never meets that; behind a proxy that keeps its connections it does, unless the proxy acknowledges at once.
nginx does not: it shows what the wait is.
"""

import http.client
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from benchmarks import machine
from benchmarks.processes import StartError, free_port, running
from benchmarks.subjects.nginx import Nginx
from benchmarks.subjects.ours import Ours
from benchmarks.subjects.subject import Subject
from benchmarks.tables import Table
from benchmarks.traffic import ANSWER_BODY, PATH, REQUEST_BODY

REQUESTS = 200
_WARM_UP = 20  # requests, until connections are kept and the kernel puts acknowledgements off
DIRECT, KEPT = "no proxy, a connection a request", "no proxy, connection kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Of one way to ask such a server."""

    name: str
    p50_us: float
    added_us: float  # to DIRECT


def measure(directory: Path, subjects: Sequence[Subject], requests: int = REQUESTS) -> list[Apart]:
    """Both ways without a proxy first, then each subject with clients that open a connection a request. Raises
    StartError."""
    with _serving(directory) as production:
        took = {DIRECT: _p50_us(production, requests), KEPT: _p50_us(production, requests, keep=True)}
        for subject in subjects:
            with subject.running(directory, production, None) as running_:
                took[subject.name] = _p50_us(running_.port, requests)
    return [Apart(name=name, p50_us=p50, added_us=p50 - took[DIRECT]) for name, p50 in took.items()]


def table(found: Sequence[Apart]) -> Table:
    return Table(
        title="A server that writes head and body apart",
        header=("", "p50, ms", "added, ms"),
        rows=[(each.name, f"{each.p50_us / 1e3:.2f}", f"{each.added_us / 1e3:.2f}") for each in found],
        notes=("http.server of Python, without TCP_NODELAY; clients open a connection a request, one after the other",),
    )


@contextmanager
def _serving(directory: Path) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.apart", "serve", str(port)]
    with running(command, core=machine.OTHER_CORE, directory=directory, port=port):
        yield port


def _p50_us(port: int, requests: int, *, keep: bool = False) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    took = []
    for _ in range(_WARM_UP + requests):
        began = time.perf_counter()
        connection.request("POST", PATH, REQUEST_BODY, {"Connection": "keep-alive" if keep else "close"})
        answer = connection.getresponse()
        if (answer.status, answer.read()) != (200, ANSWER_BODY):
            raise StartError(f"port {port} answers {answer.status}")
        took.append(time.perf_counter() - began)
        if not keep:
            connection.close()
    connection.close()
    return median(took[_WARM_UP:]) * 1e6


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ANSWER_BODY)))
        self.end_headers()
        self.wfile.write(ANSWER_BODY)

    def log_message(self, *_: object) -> None:
        """Nothing: it would be measured too."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    address_family = socket.AF_INET


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["serve"]:
        _Server(("127.0.0.1", int(arguments[1])), _Handler).serve_forever()
    subjects: list[Subject] = [Ours(candidate=False), Nginx(mirror=False)]
    lacking = [f"needed for {each.name}: {what}" for each in subjects if (what := each.missing())]
    if lacking:
        print("\n".join(lacking), file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="apart-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # nginx's worker gives up root's rights and must still reach its files
        try:
            print(table(measure(directory, subjects)).text())
        except StartError as error:
            print(error, file=sys.stderr)
            return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
