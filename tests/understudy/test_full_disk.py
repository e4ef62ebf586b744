"""`serve` on a disk that becomes full: clients are served, the shadow says why it stands still, and goes on."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.endpoint import Endpoint, answer
from tests.understudy.serving import Serving
from tests.until import until

GOOD = answer(b'{"predictions": [0.25]}', "200 OK", "Content-Type: application/json")
FULL = "No space left on device"


@pytest.fixture
def small_disk(short_dir: Path) -> Iterator[Path]:
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", short_dir], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may mount no disk")
    yield short_dir
    subprocess.run(["umount", short_dir], check=True)


def fill(disk: Path) -> Path:
    file = disk / "fill"
    with file.open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while out.write(bytes(4096)):
            pass
    assert shutil.disk_usage(disk).free == 0
    return file


async def asked(running: Serving, times: int) -> None:
    for _ in range(times):
        assert (await running.ask("POST", "/predict", {"text": "x" * 20_000}))[0] == 200


async def unready(running: Serving, role: str) -> str:
    async def look() -> str | None:
        status, words = await running.ask("GET", "/readyz", at=f"ops.{role}")
        return words if status == 503 else None

    return await until(look, f"{role} to be unready")


@pytest.mark.slow
async def test_a_disk_that_becomes_full(small_disk: Path, tmp_path: Path) -> None:
    """Clients notice nothing, not even a worker that dies; mirror and compare say what is wrong; a report is had
    as ever; and with room again everything goes on, every request counted."""
    async with (
        Endpoint(GOOD) as production, Endpoint(GOOD) as candidate,
        Serving(
            tmp_path, "--production", production.url, "--candidate", f"new={candidate.url}",
            UNDERSTUDY_DATA_DIR=str(small_disk / "data"),
        ) as running,
    ):  # fmt: skip
        await asked(running, 10)
        await running.coverage("new", compared=10)
        filling = fill(small_disk)
        await asked(running, 10)
        for role in ("mirror", "compare"):
            assert f"MISCONF Errors writing to the AOF file: {FULL}" in await unready(running, role)
        code, out, err = await running.command("report", "--candidate", "new", "--json")
        assert (code, err) == (0, "")
        assert '"compared": 10' in out
        await restarted_proxy(running)
        await asked(running, 10)
        filling.unlink()
        settled = await running.coverage("new", requests=30, held=0, waiting=0, uncompared=0)
        lost = sum(settled["shed"].values())
        assert settled["recorded"] == settled["compared"] == 30 - lost
        assert lost <= 10, "what the proxy that was killed had in hand"


async def restarted_proxy(running: Serving) -> None:
    """Kill it, and return when another one has taken its place."""
    (old,) = (each["pid"] for each in running.events("worker.started", worker_role="proxy"))
    os.kill(old, signal.SIGKILL)

    async def answers() -> bool:
        return (await running.ask("GET", "/readyz", at="ops.proxy"))[0] == 200

    await until(answers, "another proxy to serve")
