"""The gate, as a pipeline asks it of a running serve: evidence is about a version, and its exit code is the verdict."""

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson

from tests.endpoint import Behaviour, Endpoint, Seen, answer
from tests.process import run
from tests.promises.serving import ONE_PLAN_S, Serving, route
from tests.redis_server import RedisServer

POLICY = """
min_pairs = 300
[[checks]]
metric = "disagreement.rate"
max = 0.05
[[checks]]
metric = "errors.new_minus_fixed"
max = 0.05
"""
ENOUGH = 400


def model(score: float, version: str) -> Behaviour:
    """One that tells its version, or, with none, a plain JSON server."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        said: dict[str, Any] = {"score": score}
        told = f"\r\nX-Model-Version: {version}" if version else ""
        await answer(orjson.dumps(said), "200 OK", f"Content-Type: application/json{told}")(seen, writer)

    return behave


async def gate(serving: Serving, tmp_path: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Its exit code, and the judgement."""
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    options = ("--config", str(tmp_path / "understudy.toml"), "--policy", str(policy), "--json")
    code, out, err = await run("gate", *options, *words, environment=serving.environment)
    assert out, err
    return code, json.loads(out)


async def test_a_candidate_that_is_redeployed_needs_evidence_of_its_own(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """The old version's pass is not the new one's: exit 3 until it has answered enough itself, and then its own."""
    production.behaviour, candidate.behaviour = model(0.25, "7"), model(0.25, "1")
    header = 'version_header = "X-Model-Version"\n'
    toml = route(production.url, candidate.url, candidate_settings=header)
    async with Serving(tmp_path, own_redis.url, toml, plan_wait_s=ONE_PLAN_S) as serving:
        await serving.serves(ENOUGH)
        await serving.settled(sent=ENOUGH)
        code, found = await gate(serving, tmp_path, "--candidate-version", "1")
        assert (code, found["verdict"], found["pairs"]) == (0, "pass", ENOUGH)

        candidate.behaviour = model(0.75, "2")
        code, found = await gate(serving, tmp_path, "--candidate-version", "2")
        assert (code, found["reason_code"]) == (3, "no_evidence")
        await serving.serves(ENOUGH)
        await serving.settled(sent=2 * ENOUGH)
        code, found = await gate(serving, tmp_path, "--candidate-version", "2")
        assert (code, found["verdict"], found["pairs"]) == (1, "fail", ENOUGH)
        code, found = await gate(serving, tmp_path, "--candidate-version", "1")
        assert (code, found["verdict"]) == (0, "pass")


async def test_a_plain_json_server_without_versions_gets_a_verdict(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """All that it answered since its last restart counts as one version, and the judgement says so."""
    production.behaviour, candidate.behaviour = model(0.25, ""), model(0.25, "")
    toml = route(production.url, candidate.url)
    async with Serving(tmp_path, own_redis.url, toml, plan_wait_s=ONE_PLAN_S) as serving:
        await serving.serves(ENOUGH)
        await serving.settled(sent=ENOUGH)
        code, found = await gate(serving, tmp_path)
        assert (code, found["verdict"]) == (0, "pass")
        assert any("names no version" in note for note in found["notes"])
