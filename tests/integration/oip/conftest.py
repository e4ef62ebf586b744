"""MLServer, a model server of the Open Inference Protocol that is not ours, as a process of its own."""

import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

REPOSITORY = Path(__file__).parent / "model"
STARTS_WITHIN_S = 90.0


@pytest.fixture(scope="session")
def mlserver_url() -> Iterator[str]:
    pytest.importorskip("mlserver", reason="MLServer has no release for this Python")
    program = Path(sys.executable).with_name("mlserver")
    process = subprocess.Popen(
        [program, "start", REPOSITORY], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _address(process: subprocess.Popen[str]) -> str:
    """Where the server says that it listens, once its model is loaded."""
    lines: queue.Queue[str | None] = queue.Queue()
    assert process.stdout is not None
    threading.Thread(target=_drain, args=(process.stdout, lines), daemon=True).start()
    said = []
    while (line := lines.get(timeout=STARTS_WITHIN_S)) is not None:
        said.append(line)
        if found := re.search(r"Uvicorn running on (http://\S+)", line):
            return found[1]
    raise AssertionError(f"MLServer ended before it listened: {''.join(said)}")


def _drain(output: IO[str], lines: queue.Queue[str | None]) -> None:
    with output:
        for line in output:
            lines.put(line)
    lines.put(None)
