"""Production, and the candidate in each of its conditions, each on a port of 127.0.0.1 and the shared core.

Production and a healthy candidate are nginx, the fastest there is at returning a fixed answer. Used by the
measurements; what stands in front is in subjects/.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import machine
from benchmarks.processes import Process, free_port, running
from benchmarks.subjects.nginx import configured
from benchmarks.traffic import ANSWER_BODY, LARGE_ANSWER_BODY, LARGE_PATH

CONDITIONS = ("healthy", "slow", "hung", "dead", "garbage")


_ANSWERING = """
server {{
    listen 127.0.0.1:{port} backlog=4096;
    default_type application/json;
    location / {{ return 200 '{answer}'; }}
    location = {large_path} {{ set $piece '{piece}'; return 200 '{large}'; }}
}}
"""
_PIECE = "x" * 1024  # nginx takes no parameter of more than 4 KiB: what fills the large answer is said in pieces


def _answering(port: int) -> str:
    large = LARGE_ANSWER_BODY.decode().replace(_PIECE, "${piece}")
    answer = ANSWER_BODY.decode()
    return _ANSWERING.format(port=port, answer=answer, large_path=LARGE_PATH, piece=_PIECE, large=large)


@contextmanager
def production(directory: Path, core: int | None = machine.OTHER_CORE) -> Iterator[tuple[int, Process]]:
    """The endpoint that answers: its port and its process."""
    port = free_port()
    command = configured(directory, f"answering-{port}", _answering(port))
    with running(command, core=core, directory=directory, port=port) as process:
        yield port, process


@contextmanager
def candidate(condition: str, directory: Path, core: int | None = machine.OTHER_CORE) -> Iterator[int]:
    """The port of a candidate in that condition."""
    if condition == "healthy":
        with production(directory, core) as (port, _):
            yield port
    elif condition == "dead":
        # Bound and not listening: refused, and never taken as the caller's own port, which would connect it to itself.
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            yield taken.getsockname()[1]
    else:
        port = free_port()
        command = [sys.executable, "-m", "benchmarks.candidate", condition, str(port)]
        with running(command, core=core, directory=directory, port=port):
            yield port
