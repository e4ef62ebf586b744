"""A candidate that is down: report and list say since when, and why; and no more once it answers."""

import json
from pathlib import Path

from tests.endpoint import Endpoint, answer
from tests.promises.serving import Serving, route
from tests.redis_server import LOCAL, RedisServer, free_port
from tests.until import until

GOOD = answer(b'{"predictions": [0.25]}', "200 OK", "Content-Type: application/json")


async def test_a_candidate_that_is_down_is_said_so_wherever_one_looks(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """In each format of the report, and in the list of candidates; with the address, the reason and the calls."""
    nowhere = f"http://{LOCAL}:{free_port()}"
    settings = "max_in_flight = 1\nbreaker = { failures = 3, pause_s = 0.5 }"
    async with Endpoint(GOOD) as production:
        toml = route(production.url, nowhere, candidate_settings=settings)
        async with Serving(tmp_path, redis_server.url, toml, lease_s=1.0) as serving:
            for _ in range(10):
                assert (await serving.ask())[0] == 200

            async def told() -> dict[str, object] | None:
                return (await serving.report())["not_answering"]

            silent = await until(told, "the report to say that the candidate does not answer")
            assert str(silent["why"]).startswith("connect: ")
            assert str(silent["since"]) <= str(silent["last"])
            for form in ("text", "markdown", "html"):
                said = " ".join((await serving.command("report", "--candidate", "new", "--format", form)).split())
                assert "the candidate has not answered since" in said
            listed = json.loads(await serving.command("candidates", "list", "--json"))["candidates"][0]
            assert listed["not_answering"]["since"] == silent["since"]
            table = await serving.command("candidates", "list")
            assert "not answering" in table.splitlines()[1]
            assert f"new has not answered since {silent['since']}" in table

            async with Endpoint(GOOD, port=int(nowhere.rpartition(":")[2])):
                await serving.ask()
                await serving.settled(sent=11)

                async def answers() -> bool:
                    return await told() is None

                await until(answers, "the report to say nothing of it")
            assert "shadowed" in await serving.command("candidates", "list")
