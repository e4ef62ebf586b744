"""Two models behind one route are two rates."""

import asyncio
from pathlib import Path

import orjson
from prometheus_client.parser import text_string_to_metric_families

from tests.endpoint import Behaviour, Endpoint, Seen, answer
from tests.promises.serving import ONE_PLAN_S, Serving, route
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
    toml = route(production.url, candidate.url, settings=settings)
    async with Serving(tmp_path, own_redis.url, toml, plan_wait_s=ONE_PLAN_S) as serving:
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
        assert await _scraped_rates(serving) == {"POST+/v2/models/same/infer": 0.0, "POST+/v2/models/other/infer": 1.0}


async def _scraped_rates(serving: Serving) -> dict[str, float]:
    """What Prometheus would see, by kind of request."""
    async with serving.client.get(serving.admin + "/metrics") as got:
        families = text_string_to_metric_families(await got.text())
    samples = [sample for family in families for sample in family.samples]
    return {
        sample.labels["request"]: sample.value
        for sample in samples
        if sample.name == "understudy_request_disagreement_rate" and sample.labels["bound"] == "value"
    }


async def _chat(seen: Seen, writer: asyncio.StreamWriter) -> None:
    """Right for every model."""
    await _said("yes", seen, writer)


async def _chat_wrong_on_a(seen: Seen, writer: asyncio.StreamWriter) -> None:
    await _said("no" if orjson.loads(seen.body)["model"] == "a" else "yes", seen, writer)


async def _said(content: str, seen: Seen, writer: asyncio.StreamWriter) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    body = {"object": "chat.completion", "model": orjson.loads(seen.body)["model"], "choices": [choice]}
    await answer(orjson.dumps(body), "200 OK", "Content-Type: application/json")(seen, writer)


async def test_two_models_at_one_address_are_two_kinds_of_request(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """The model that a request names in its body belongs to the kind of request: 200 requests that name two models in
    turn, of which the candidate is wrong on one, are 100 % and 0 %, and no pair is left out.
    """
    production.behaviour, candidate.behaviour = _chat, _chat_wrong_on_a
    async with Serving(
        tmp_path, own_redis.url, route(production.url, candidate.url), plan_wait_s=ONE_PLAN_S
    ) as serving:
        for number in range(200):
            asked = {"model": "ab"[number % 2], "messages": [{"role": "user", "content": f"is {number} so?"}]}
            assert (await serving.ask("/v1/chat/completions", body=orjson.dumps(asked)))[0] == 200
        await serving.settled(sent=200)
        report = await serving.report()
        printed = await serving.command("report", "--candidate", "new")
    rates = {
        plan["plan"]: (plan["model"], plan["metrics"]["disagreement.rate"]["value"], plan["compared"])
        for plan in report["plans"]
    }
    assert rates == {
        "POST /v1/chat/completions model=a": ("a", 1.0, 100),
        "POST /v1/chat/completions model=b": ("b", 0.0, 100),
    }
    assert report["left_out"] == {}
    assert "POST /v1/chat/completions model=a" in printed


async def test_a_model_that_is_replaced_begins_anew_and_the_other_goes_on(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """A new version of one candidate model: its rate is of the new version alone, with the failures in between; the
    other model's evidence, and its example, stay.
    """
    values, versions = {"same": 0.25, "other": 0.25}, {"same": "1", "other": "7"}
    production.behaviour = candidate.behaviour = _model(values, versions)
    settings = "[recording]\npartitions = 1\n"  # each hears for itself which version answers
    toml = settings + route(production.url, candidate.url)
    async with Serving(tmp_path, own_redis.url, toml, plan_wait_s=ONE_PLAN_S) as serving:
        for _ in range(40):
            await serving.ask("/v2/models/same/infer")
            await serving.ask("/v2/models/other/infer")
        await serving.settled(sent=80)
        candidate.behaviour = _model({"same": 0.75}, {"same": "2"})
        for _ in range(10):
            await serving.ask("/v2/models/same/infer")
        await serving.settled(sent=90)
        candidate.behaviour = answer(b"busy", "503 Service Unavailable")
        for _ in range(5):
            await serving.ask("/v2/models/same/infer")
        await serving.settled(sent=95)
        report = await serving.exemplified(plans=1)
        found = {
            plan["model"]: (
                plan["versions"]["candidate"]["version"],
                plan["metrics"]["disagreement.rate"]["value"],
                plan["metrics"]["disagreement.rate"]["n"],
            )
            for plan in report["plans"]
        }
        assert found == {"same": ("2", 1.0, 15), "other": ("7", 0.0, 40)}
        assert report["versions"]["candidate"]["version"] == "(various)"
        assert {each["plan"] for each in report["examples"]} == {"POST /v2/models/same/infer"}
