"""The demo's child processes: when they are ready, and that none of them outlives its owner."""

import os
import sys
from pathlib import Path

import pytest

from understudy.demo.errors import ProcessError
from understudy.demo.processes import Processes

READY_THEN_WAITS = "import signal; print('ready at 7', flush=True); signal.pause()"


def processes(directory: Path) -> Processes:
    return Processes(directory, dict(os.environ))


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pid_in(log: Path) -> int:
    return int(log.read_text().split()[0])


async def test_a_child_is_ready_when_it_says_so(tmp_path: Path) -> None:
    """What it said before and says later is in its log."""
    program = "print('first'); " + READY_THEN_WAITS
    async with processes(tmp_path) as owner:
        child = await owner.start("server", *python(program), until="ready")

        assert await child.ready == "ready at 7"

    assert (tmp_path / "server.log").read_text() == "first\nready at 7\n"


async def test_a_child_without_a_sign_is_ready_when_it_ended_well(tmp_path: Path) -> None:
    """Its last line is its result."""
    async with processes(tmp_path) as owner:
        child = await owner.start("train", *python("print('working'); print('AUC 0.9')"))

        assert await child.ready == "AUC 0.9"


@pytest.mark.parametrize(
    ("program", "until"), [("print('oh no'); exit(3)", None), ("print('oh no'); exit(3)", "ready")]
)
async def test_a_child_that_ends_too_early_is_quoted(program: str, until: str | None, tmp_path: Path) -> None:
    """With its exit code and what it said last."""
    async with processes(tmp_path) as owner:
        child = await owner.start("server", *python(program), until=until)

        with pytest.raises(ProcessError, match=r"server ended with exit code 3.*\n    oh no"):
            await child.ready


async def test_all_have_ended_when_their_owner_leaves_on_an_error_too(tmp_path: Path) -> None:
    """Those that nobody waited for as well."""
    program = "import os; print(os.getpid(), flush=True); " + READY_THEN_WAITS

    async def fail_with_three() -> None:
        async with processes(tmp_path) as owner:
            for name in ("one", "two"):
                await (await owner.start(name, *python(program), until="ready")).ready
            await owner.start("three", *python(READY_THEN_WAITS), until="never said")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_with_three()

    assert not any(runs(pid_in(tmp_path / f"{name}.log")) for name in ("one", "two"))


async def test_a_child_that_will_not_end_is_ended(tmp_path: Path) -> None:
    """After it was asked, and had its time."""
    deaf = "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), flush=True); "
    async with Processes(tmp_path, dict(os.environ), ends_within_s=0.05) as owner:
        await (await owner.start("deaf", *python(deaf + READY_THEN_WAITS), until="ready")).ready

    assert not runs(pid_in(tmp_path / "deaf.log"))
