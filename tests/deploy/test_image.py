"""The Dockerfile, kept honest without an engine: what it names is there, and what it would run does run."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.deploy.conftest import Installation
from tests.deploy.dockerfile import Stage
from tests.places import PACKAGES, ROOT
from understudy.settings.loading import load

# With which `pip install` may be called; an address of an index, a proxy or a mirror is whoever builds it to give.
PIP_OPTIONS = {
    "--no-cache-dir", "--only-binary", "--no-binary", "--no-deps", "--no-build-isolation", "--require-hashes", "-r",
}  # fmt: skip
FINAL = ("understudy", "demo")


def test_every_copied_file_exists_and_is_let_into_the_build(stages: dict[str, Stage]) -> None:
    """COPY finds its sources: they are in the checkout, and .dockerignore lets them through."""
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = [each.copied() for stage in stages.values() for each in stage.own if each.word == "COPY"]
    sources = {source.rstrip("/") for stage, sources in copied if stage is None for source in sources}
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert sources == let_in, "what .dockerignore lets in is what is copied, no more and no less"


def test_every_stage_named_is_there(stages: dict[str, Stage]) -> None:
    """COPY --from and FROM name earlier stages or pinned images, and `docker build` makes the product."""
    names = list(stages)
    for position, stage in enumerate(stages.values()):
        from_stages = [each.copied()[0] for each in stage.own if each.word == "COPY"]
        assert {name for name in from_stages if name} <= set(names[:position])
        if stage.below is None:
            assert re.fullmatch(r"[a-z/]+:\d+\.\d+-slim-[a-z]+", stage.base), f"{stage.base} is not a pinned slim image"
    assert names[-1] == "understudy"


def test_one_python_builds_and_runs(stages: dict[str, Stage]) -> None:
    """A virtual environment moves between stages only where the same interpreter is at the same place."""
    assert len({stage.base for stage in stages.values() if stage.below is None}) == 1


@pytest.mark.parametrize("name", FINAL)
def test_it_does_not_run_as_root(stages: dict[str, Stage], name: str) -> None:
    """The user is a fixed number, which an orchestrator can check, and it owns the data directory alone."""
    user = stages[name].last("USER").rest
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    made = " ".join(each.rest for each in stages[name].instructions("RUN"))
    uid, gid = user.split(":")
    assert f"--uid {uid} --gid {gid}" in made
    data_dir = stages[name].environment()["UNDERSTUDY_DATA_DIR"]
    assert re.search(rf"install --directory --mode 0700 --owner understudy --group understudy {data_dir}\b", made)
    assert stages[name].last("VOLUME").rest == data_dir


def test_what_is_installed_is_locked(stages: dict[str, Stage]) -> None:
    """pip installs locked files with their hashes, or our own source without fetching anything; from no index named."""
    commands = [each.rest for stage in stages.values() for each in stage.own if each.word == "RUN"]
    installs = [command.split()[2:] for command in commands if command.startswith("pip install ")]
    assert installs
    for words in installs:
        assert {word for word in words if word.startswith("-")} <= PIP_OPTIONS
        locked = {"--require-hashes", "-r"} <= set(words)
        own = {"--no-deps", "--no-build-isolation"} <= set(words) and words[-1] == "."
        assert locked != own, words


@pytest.mark.parametrize("name", FINAL)
def test_the_lock_holds_for_the_images_python(stages: dict[str, Stage], name: str) -> None:
    """Every dependency of the project that applies on the image's Python is in the lock, and applies there too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + (project["optional-dependencies"]["demo"] if name == "demo" else [])
    lock = (ROOT / "requirements" / {"understudy": "runtime.txt", "demo": "demo.txt"}[name]).read_text("utf-8")
    lines = [line.removesuffix("\\") for line in lock.splitlines() if re.match(r"[a-z0-9]", line)]
    locked = _applying(lines, stages["base"].base)
    assert set(_applying(wanted, stages["base"].base)) <= set(locked)
    assert "setuptools" in locked, "the project is built by what is locked"


def _applying(requirements: list[str], image: str) -> list[str]:
    python = re.search(r":(\d+\.\d+)-", image)[1]  # type: ignore[index]
    there = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    parsed = [Requirement(text) for text in requirements]
    return [each.name for each in parsed if each.marker is None or each.marker.evaluate(there)]


def test_the_wheel_holds_all_of_the_code(wheel: Path, installed: Installation) -> None:
    """Every module and script of the packages gets into the image, and no test."""
    code = {
        str(file.relative_to(ROOT))
        for package in (*PACKAGES, "examples")
        for file in (ROOT / package).rglob("*.*")
        if file.suffix in {".py", ".lua"}
    }
    shipped = {str(file.relative_to(installed.site)) for file in installed.site.rglob("*.*") if file.is_file()}
    assert code <= shipped
    assert not [name for name in shipped if name.startswith("tests/")]


def test_its_variables_are_settings_of_every_address(stages: dict[str, Stage]) -> None:
    """The image's variables are read as settings, and EXPOSE names the ports they listen on."""
    environment = stages["understudy"].environment()
    settings = load(None, environment, {})
    addresses = [settings.listen, settings.admin, settings.ops.proxy, settings.ops.mirror, settings.ops.compare]
    assert {address.rpartition(":")[0] for address in addresses} == {"0.0.0.0"}
    ports = [int(address.rpartition(":")[2]) for address in addresses]
    assert [int(port) for port in stages["understudy"].last("EXPOSE").rest.split()] == ports


def test_the_programs_it_starts_are_installed(stages: dict[str, Stage]) -> None:
    """tini comes from the distribution; the server for `serve` without an address comes with the locked wheels."""
    packages = re.search(r"apt-get install (.*?) &&", stages["base"].last("RUN").rest)[1].split()  # type: ignore[index]
    assert "tini" in packages
    assert "\nvalkeylite==" in (ROOT / "requirements" / "runtime.txt").read_text("utf-8")
    assert all(stages[name].last("ENTRYPOINT").command()[0] == "tini" for name in FINAL)


def test_started_with_nothing_it_says_what_it_needs(
    stages: dict[str, Stage], installed: Installation, tmp_path: Path
) -> None:
    """`docker run` without a settings file ends with 2 and names the file to mount."""
    image = stages["understudy"]
    process = installed.start(image.last("ENTRYPOINT").command() + image.last("CMD").command(), tmp_path)
    out, errors = _ended(process)
    assert (process.returncode, out) == (2, "")
    assert "/etc/understudy/understudy.toml" in errors


def test_the_version_is_the_projects(stages: dict[str, Stage], installed: Installation, tmp_path: Path) -> None:
    """The entry point runs the code that the image's build made."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    process = installed.start([*stages["understudy"].last("ENTRYPOINT").command(), "--version"], tmp_path)
    assert _ended(process)[0] == f"understudy {version}\n"
    assert f"understudy:{version}" in (ROOT / "Dockerfile").read_text("utf-8")


def _ended(process: "subprocess.Popen[str]") -> tuple[str, str]:
    with process:
        return process.communicate(timeout=60)
