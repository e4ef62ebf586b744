"""Two models behind one route are two rates."""

import asyncio
from pathlib import Path

import orjson

from tests.endpoint import Behaviour, Endpoint, Seen, answer
from tests.promises.serving import Serving, route
from tests.redis_server import RedisServer


def _model(values: dict[str, float], versions: dict[str, str]) -> Behaviour:
    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        name = seen.line.split("/")[3]
        output = {"name": "p", "shape": [1], "datatype": "FP64", "data": [values[name]]}
        body = orjson.dumps({"model_name": name, "model_version": versions[name], "outputs": [output]})
        await answer(body, "200 OK", "Content-Type: application/json")(seen, writer)

    return behave


async def test_two_models_and_a_health_probe_behind_one_route_give_two_separate_undiluted_rates(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """One model agrees always, the other never, and each has versions of its own; probes are not sampled, and change
    neither rate.
    """
    production.behaviour = _model({"same": 0.25, "other": 0.25}, {"same": "1", "other": "7"})
    candidate.behaviour = _model({"same": 0.25, "other": 0.75}, {"same": "2", "other": "8"})
    settings = 'methods = ["GET", "POST"]'
    async with Serving(tmp_path, own_redis.url, route(production.url, candidate.url, settings=settings)) as serving:
        for _ in range(40):
            assert (await serving.ask("/v2/models/same/infer"))[0] == 200
            assert (await serving.ask("/v2/models/other/infer"))[0] == 200
            async with serving.client.get(serving.url + "/v2/models/same/ready") as got:
                assert got.status == 200
        coverage = await serving.settled(sent=120)
        assert coverage.not_sampled == {"health_path": 40}
        report = await serving.report()
        rates = {
            plan["model"]: (plan["metrics"]["disagreement.rate"]["value"], plan["metrics"]["disagreement.rate"]["n"])
            for plan in report["plans"]
        }
        assert rates == {"same": (0.0, 40), "other": (1.0, 40)}
        versions = {plan["model"]: [each["version"] for each in plan["versions"].values()] for plan in report["plans"]}
        assert versions == {"same": ["1", "2"], "other": ["7", "8"]}


async def test_a_model_that_is_replaced_begins_anew_and_the_other_goes_on(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """A new version of one candidate model: its rate is of the new version alone, with the failures in between; the
    other model's evidence, and its example, stay.
    """
    values, versions = {"same": 0.25, "other": 0.25}, {"same": "1", "other": "7"}
    production.behaviour = candidate.behaviour = _model(values, versions)
    async with Serving(tmp_path, own_redis.url, route(production.url, candidate.url)) as serving:
        for _ in range(20):
            await serving.ask("/v2/models/same/infer")
            await serving.ask("/v2/models/other/infer")
        await serving.settled(sent=40)
        candidate.behaviour = _model({"same": 0.75}, {"same": "2"})
        for _ in range(10):
            await serving.ask("/v2/models/same/infer")
        await serving.settled(sent=50)
        candidate.behaviour = answer(b"busy", "503 Service Unavailable")
        for _ in range(5):
            await serving.ask("/v2/models/same/infer")
        await serving.settled(sent=55)
        report = await serving.report()
        found = {
            plan["model"]: (
                plan["versions"]["candidate"]["version"],
                plan["metrics"]["disagreement.rate"]["value"],
                plan["metrics"]["disagreement.rate"]["n"],
            )
            for plan in report["plans"]
        }
        assert found == {"same": ("2", 1.0, 15), "other": ("7", 0.0, 20)}
        assert report["versions"]["candidate"]["version"] == "(various)"
        assert {each["plan"] for each in report["examples"]} == {"POST /v2/models/same/infer"}
