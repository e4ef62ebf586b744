"""`understudy demo`, as its user runs it: from real data to two reports, and nothing left behind."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from tests.until import until

REQUESTS = 300


async def started(directory: Path, *arguments: str) -> Process:
    """With its temporary files in `directory`, away from the source tree, and settings of some other serve around."""
    environment = os.environ | {"TMPDIR": str(directory), "UNDERSTUDY_WORKERS": "no number"}
    command = (sys.executable, "-m", "understudy", "demo", *arguments)
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, cwd=directory, env=environment)


def sections(reports: str) -> dict[str, str]:
    """Each candidate's report, by its name."""
    parts = re.split(r"^(\w+) against production", reports, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_the_demo_shows_an_equal_candidate_and_a_skewed_one(short_dir: Path) -> None:
    """All requests are compared for both; only the skewed one disagrees, and the report says where and how."""
    demo = await started(short_dir, "--requests", str(REQUESTS))

    out, err = await demo.communicate()

    assert demo.returncode == 0, err.decode()
    reports = sections(out.decode())
    assert reports.keys() == {"ported", "skewed"}
    for report in reports.values():
        assert f"{REQUESTS} compared" in report
    assert "WHERE THEY DIFFER" not in reports["ported"]
    for report in reports.values():
        assert "/outputs/late · label" in report
        assert "/outputs/probability · score" in report
        assert "LATENCY" in report
    assert re.search(r"\d+ +/outputs/probability", reports["skewed"])
    assert "INCONCLUSIVE ported against production" in out.decode()  # 300 pairs are too few for any pass
    assert "FAIL skewed against production" in out.decode()
    assert left_in(short_dir) == []


@pytest.mark.timeout(240)
async def test_a_demo_that_is_interrupted_ends_what_it_started(short_dir: Path) -> None:
    """Ctrl-C while it trains: 130, its directory is gone, and so is the process that trained."""
    demo = await started(short_dir)

    async def training() -> int | None:
        return next(iter(children(demo.pid)), None)

    trainer = await until(training, "the training to start")
    demo.send_signal(signal.SIGINT)
    await demo.communicate()

    assert demo.returncode == 130
    assert left_in(short_dir) == []
    assert not runs(trainer)


async def test_without_its_extra_the_demo_says_what_to_install() -> None:
    """By name, and ends as for any other wrong use."""
    program = "import sys; sys.modules['skl2onnx'] = None; from understudy.cli import main; sys.exit(main(['demo']))"
    demo = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=PIPE, stderr=PIPE)

    _, err = await demo.communicate()

    assert demo.returncode == 2
    assert err.decode() == "understudy: demo needs skl2onnx: pip install 'understudy[demo]'\n"


def left_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())


def runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def children(pid: int) -> list[int]:
    """Linux tells them for each thread of a process."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in found for child in file.read_text().split()]
