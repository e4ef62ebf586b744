"""What CI runs, on a machine that has more installed than a bare one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT

NEEDED = ("bash", "dirname", "env", "ln", "mktemp", "rm")
SERVERS = ("redis-server", "redis-cli", "valkey-server")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here, which CI's script is for")
def test_no_installed_server_is_found(tmp_path: Path) -> None:
    """The tests run on what the wheels bring, even where a Redis lies in one directory with make and Python."""
    for name in NEEDED:
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    (tmp_path / "python3").symlink_to(sys.executable)
    for name in SERVERS:
        _program(tmp_path / name, "")
    _program(tmp_path / "make", f'command -v {" ".join(SERVERS)}\n dirname "$(command -v env)" >&2\n echo $1 $PYTHON')
    ended = subprocess.run(
        [ROOT / ".ci" / "run"], env={"PATH": str(tmp_path)}, check=True, capture_output=True, text=True
    )
    assert ended.stdout.split() == ["test", str(tmp_path / "python3")]
    assert not Path(ended.stderr.strip()).exists(), "the links are removed in the end"


def _program(file: Path, words: str) -> None:
    file.write_text(f"#!/bin/sh\n{words}\n")
    file.chmod(0o700)
