"""The jobs for GitHub and GitLab: their commands as they stand, run by a shell against a real `understudy gate`."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from tests.comparators.staging import CANDIDATE
from tests.comparators.stored.test_current import compared, of_versions
from tests.examples.gates.manifests import documents
from tests.redis_server import RedisServer
from tests.stores import LEASE_S, opened
from tests.understudy.admin.test_gate import POLICIES

CODES = {"pass": 0, "fail": 1, "inconclusive": 3}


class Job(NamedTuple):
    """`judge` decides; `show` is for people."""

    variables: Mapping[str, Any]
    judge: str
    show: str = ""


def github() -> Job:
    job = documents("github-actions.yaml")[0]["jobs"]["gate"]
    steps = {each["name"]: each["run"] for each in job["steps"] if "run" in each}
    assert set(steps) == {"Install", "Judge", "Show"}
    return Job(job["env"], steps["Judge"], steps["Show"])


def gitlab() -> Job:
    job = documents("gitlab-ci.yaml")[0]["gate"]
    return Job(job["variables"], "\n".join(job["script"]))


JOBS = {"github": github, "gitlab": gitlab}


@pytest.fixture
def workspace(redis_server: RedisServer, tmp_path: Path) -> Path:
    """A checkout, beside a store that compared two pairs of version 2."""

    async def compare() -> None:
        async with opened(redis_server, lease_s=LEASE_S) as store:
            await compared(store, of_versions(("1", "2"), ("1", "2")))

    asyncio.run(compare())
    return tmp_path


def environment(job: Job, server: RedisServer, workspace: Path, version: str) -> dict[str, str]:
    """The job's variables, with those that the forge fills in."""
    own = {"CANDIDATE": CANDIDATE, "VERSION": version, "WAIT_S": "0", "UNDERSTUDY_REDIS": server.url}
    assert own.keys() >= job.variables.keys()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"PATH": path, "GITHUB_STEP_SUMMARY": str(workspace / "summary.md"), "HOME": str(workspace), **own}


def run(script: str, workspace: Path, variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """As a runner does: a shell that ends at the first command that fails."""
    return subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=workspace,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("forge", JOBS)
def test_a_job_is_green_where_the_candidate_passed(forge: str, redis_server: RedisServer, workspace: Path) -> None:
    """And red for every other verdict, by its exit code; the forge's own report says the same."""
    job = JOBS[forge]()
    for verdict, code in CODES.items():
        (workspace / "policy.toml").write_text(f"min_coverage = 0.0\n{POLICIES[verdict]}")
        ended = run(job.judge, workspace, environment(job, redis_server, workspace, "2"))
        assert ended.returncode == code, ended.stderr
        suites = ET.parse(workspace / "gate.xml").getroot()
        bad = len(suites.findall(".//failure")) + len(suites.findall(".//error"))
        assert (bad == 0) == (verdict == "pass")


@pytest.mark.parametrize("forge", JOBS)
def test_a_job_never_passes_a_version_without_evidence(forge: str, redis_server: RedisServer, workspace: Path) -> None:
    """Nor on a policy that can't be judged."""
    job = JOBS[forge]()
    (workspace / "policy.toml").write_text(f"min_coverage = 0.0\n{POLICIES['pass']}")
    assert run(job.judge, workspace, environment(job, redis_server, workspace, "3")).returncode == 3
    (workspace / "policy.toml").write_text('[[checks]]\nmetric = "disagreement.rat"\nmax = 1.0\n')
    assert run(job.judge, workspace, environment(job, redis_server, workspace, "2")).returncode == 2


def test_the_step_s_summary_is_shown_whatever_the_verdict(redis_server: RedisServer, workspace: Path) -> None:
    """It never changes what the job ends with."""
    job = github()
    for verdict in CODES:
        (workspace / "policy.toml").write_text(f"min_coverage = 0.0\n{POLICIES[verdict]}")
        assert run(job.show, workspace, environment(job, redis_server, workspace, "2")).returncode == 0
    summary = (workspace / "summary.md").read_text("utf-8")
    assert summary.count("# ") >= len(CODES)
    assert CANDIDATE in summary
