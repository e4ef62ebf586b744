"""The image as far as it can be had without an engine: what its build copies, made into a wheel, laid out to be run."""

import compileall
import fnmatch
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy import dockerfile
from tests.deploy.dockerfile import Stage
from tests.places import ROOT


@pytest.fixture(scope="session")
def stages() -> dict[str, Stage]:
    return {stage.name: stage for stage in dockerfile.read(ROOT / "Dockerfile")}


@dataclass(frozen=True, slots=True)
class Installation:
    """The image's /opt/understudy: our own code from the wheel, its dependencies from this environment."""

    site: Path
    environment: dict[str, str]  # the image's own, with paths and addresses of this machine

    def start(self, command: list[str], data_dir: Path, **variables: str) -> "subprocess.Popen[str]":
        """A process as the image would start it. `tini` only passes signals on and reaps, which it need not here."""
        if command[:2] == ["tini", "--"]:
            command = command[2:]
        program = {"python": sys.executable}.get(command[0]) or str(Path(sys.executable).with_name(command[0]))
        environment = self.environment | {"UNDERSTUDY_DATA_DIR": str(data_dir)} | variables
        return subprocess.Popen(
            [program, *command[1:]], cwd=self.site, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory, stages: dict[str, Stage]) -> Path:
    """What the build stage has copied: of this checkout, less what .dockerignore keeps out."""
    directory = tmp_path_factory.mktemp("context")
    keep_out = _ignore()
    for instruction in stages["build"].instructions("COPY"):
        for source in instruction.copied()[1]:
            origin, target = ROOT / source, directory / source
            target.parent.mkdir(parents=True, exist_ok=True)
            if origin.is_dir():
                shutil.copytree(origin, target, ignore=keep_out, dirs_exist_ok=True)
            else:
                shutil.copy(origin, target)
    return directory


def _ignore() -> Callable[[str, list[str]], set[str]]:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    everywhere = [line.removeprefix("**/") for line in lines if line.startswith("**/")]
    return lambda _, names: {name for name in names if any(fnmatch.fnmatch(name, each) for each in everywhere)}


@pytest.fixture(scope="session")
def wheel(context: Path) -> Path:
    """Built by the back end alone, as `pip install --no-build-isolation` has it do, without pip and the network."""
    build = "import setuptools.build_meta as back_end; back_end.build_wheel('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=context, check=True, capture_output=True, timeout=100)
    (made,) = (context / "dist").glob("*.whl")
    return made


@pytest.fixture(scope="session")
def installed(wheel: Path, stages: dict[str, Stage], tmp_path_factory: pytest.TempPathFactory) -> Installation:
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    compileall.compile_dir(site, quiet=1)  # as pip does it; the image writes no bytecode later
    here = {
        name: "127.0.0.1:0" if value.startswith("0.0.0.0:") else value
        for name, value in stages["understudy"].environment().items()
    }
    return Installation(site, here | {"PATH": os.environ["PATH"], "PYTHONPATH": str(site)})
