"""Users who send several requests are counted as users, from the header that names them to the report."""

import asyncio
from pathlib import Path

import orjson

from tests.endpoint import Behaviour, Endpoint, Seen, answer
from tests.promises.serving import ONE_PLAN_S, Serving, route
from tests.redis_server import RedisServer

USERS, EACH, DISAGREEING = 30, 4, 6


def _scoring(wrong: float) -> Behaviour:
    """A number, which is `wrong` for the first users."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        score = wrong if orjson.loads(seen.body)["user"] < DISAGREEING else 0.25
        body = orjson.dumps({"predictions": [score]})
        await answer(body, "200 OK", "Content-Type: application/json")(seen, writer)

    return behave


async def test_requests_of_one_user_count_for_less_live_and_again_and_nobody_is_told_who_it_was(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """The header that says who it is is not kept; the recomputed report has the live numbers to the bit."""
    production.behaviour, candidate.behaviour = _scoring(0.25), _scoring(0.75)
    toml = route(production.url, candidate.url) + '[compare]\nunit = "header:X-User-Id"\n'
    async with Serving(tmp_path, own_redis.url, toml, plan_wait_s=ONE_PLAN_S) as serving:
        for number in range(USERS * EACH):
            body, headers = orjson.dumps({"user": number % USERS}), {"X-User-Id": f"jane-{number % USERS}"}
            assert (await serving.ask(body=body, headers=headers))[0] == 200
        await serving.settled(sent=USERS * EACH)
        live = (await serving.report())["metrics"]
        again = orjson.loads(await serving.command("report", "--candidate", "new", "--recompute", "--json"))["metrics"]
        exported = await serving.command("export", "--route", "root")
    rate, units = live["disagreement.rate"], live["disagreement.units"]
    assert rate["value"] == units["value"] == DISAGREEING / USERS
    assert units["sums"] == {"k": DISAGREEING, "n": USERS, "of_all": True}
    assert rate["sums"]["design_effect"] == live["disagreement.design_effect"]["value"] > 1
    assert {name: again[name] for name in live if name != "coverage.ratio"} == {
        name: each for name, each in live.items() if name != "coverage.ratio"
    }
    assert "x-user-id " in exported
    assert "jane" not in exported
