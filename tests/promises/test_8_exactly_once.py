"""Promise 8."""

import os
import signal
from pathlib import Path

import pytest

from tests.endpoint import Endpoint
from tests.promises.serving import ONE_PLAN_S, Serving, route
from tests.redis_server import RedisServer
from tests.relay import Relay
from tests.until import until

BEFORE, DURING, AFTER = 100, 150, 100


async def _compared_once(serving: Serving, sent: int) -> None:
    """Coverage adds up, and the summary holds each comparison once: the metric's n is the number compared."""
    coverage = await serving.settled(sent=sent)
    assert coverage.compared == sent
    report = await serving.report()
    assert report["metrics"]["disagreement.rate"]["n"] == sent
    assert report["metrics"]["disagreement.rate"]["value"] == 0


@pytest.mark.parametrize("role", ["mirror", "compare", "admin"])
async def test_every_comparison_is_in_the_summary_once_whichever_worker_died(
    role: str, production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """A shadow worker is killed under traffic; another takes over what it had."""
    async with Serving(
        tmp_path, own_redis.url, route(production.url, candidate.url), plan_wait_s=ONE_PLAN_S
    ) as serving:
        await serving.serves(BEFORE)
        killed = serving.signal_role(role, signal.SIGKILL)
        await serving.serves(DURING)
        await serving.replaced(role, killed)
        await serving.serves(AFTER)
        await _compared_once(serving, BEFORE + DURING + AFTER)


async def test_a_proxy_worker_that_is_killed_takes_only_what_it_had_in_hand_and_that_is_counted(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """The requests it had accepted and not recorded are shed{worker_died}; everything adds up to the client's count."""
    async with Serving(
        tmp_path, own_redis.url, route(production.url, candidate.url), plan_wait_s=ONE_PLAN_S
    ) as serving:
        await serving.serves(BEFORE)
        killed = serving.signal_role("proxy", signal.SIGKILL)
        await serving.replaced("proxy", killed)
        await serving.reconnect()
        await serving.serves(AFTER)
        coverage = await serving.settled(sent=BEFORE + AFTER)
        assert set(coverage.shed) <= {"worker_died"}
        report = await serving.report()
        assert report["metrics"]["disagreement.rate"]["n"] == coverage.compared


@pytest.mark.parametrize("role", ["mirror", "compare"])
async def test_every_comparison_is_in_the_summary_once_when_a_worker_stalled_past_its_claim_time_and_went_on(
    role: str, production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """A second worker takes the partitions while the first is stopped; the first wakes and spoils nothing."""
    toml = route(production.url, candidate.url)
    async with (
        Serving(tmp_path, own_redis.url, toml, top='secret = "shared"', lease_s=1.0, plan_wait_s=ONE_PLAN_S) as serving,
        serving.second(role),
    ):
        await serving.serves(BEFORE)
        stalled = serving.signal_role(role, signal.SIGSTOP)
        try:
            await serving.serves(DURING)

            async def taken_over() -> bool:
                found = await serving.coverage()
                return found.waiting == found.uncompared == found.held == 0 and found.compared == BEFORE + DURING

            await until(taken_over, "the other worker to take over")
        finally:
            os.kill(stalled, signal.SIGCONT)
        await serving.serves(AFTER)
        await _compared_once(serving, BEFORE + DURING + AFTER)


async def test_every_comparison_is_in_the_summary_once_when_answers_of_redis_were_lost(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """Commands arrive, their answers don't: what is sent again is not counted again."""
    relay = await Relay(own_redis.socket).start()
    try:
        url = f"redis://127.0.0.1:{relay.port}/0"
        async with Serving(tmp_path, url, route(production.url, candidate.url), plan_wait_s=ONE_PLAN_S) as serving:
            serving.store_url = own_redis.url  # the test's own look at it loses no answer
            for _ in range(5):
                relay.lose_answers(3)
                await serving.serves(60)
            relay.lose_answers(0)
            await _compared_once(serving, 300)
    finally:
        await relay.stop()
