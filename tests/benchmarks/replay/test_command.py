"""A program's output and CPU time."""

import sys
from pathlib import Path

import pytest

from benchmarks.processes import StartError
from benchmarks.replay.command import run

BURN = "import time\nwhile time.process_time() < 0.2: pass\nprint('burnt')"
BY_A_CHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN!r}], check=True)"


@pytest.mark.parametrize("program", [BURN, BY_A_CHILD])
def test_the_time_of_a_programs_children_is_its_own(program: str, tmp_path: Path) -> None:
    """Whoever burnt it, and that it has ended by then."""
    found = run([sys.executable, "-c", program], core=None, directory=tmp_path, timeout_s=60)

    assert found.printed == "burnt\n"
    assert 0.2 <= found.cpu_s < 10


def test_a_program_that_fails_says_with_what(tmp_path: Path) -> None:
    """Unless this exit code is well."""
    command = [sys.executable, "-c", "import sys; sys.exit('no such thing')"]

    with pytest.raises(StartError, match=r"ended with 1:\nno such thing"):
        run(command, core=None, directory=tmp_path, timeout_s=60)
    assert run(command, core=None, directory=tmp_path, timeout_s=60, well=(0, 1)).printed == ""


@pytest.mark.parametrize("command", [["no-such-program"], [sys.executable, "-c", "import time; time.sleep(60)"]])
def test_what_is_not_there_or_does_not_end_is_an_error_in_words(command: list[str], tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(StartError, match=command[0]):
        run(command, core=None, directory=tmp_path, timeout_s=0.1)
