"""The same model server and the same client library, with `understudy serve` in between."""

import asyncio
from pathlib import Path

import numpy as np
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

from tests.promises.serving import Serving, route
from tests.redis_server import RedisServer

REQUESTS = 20
QUESTIONS = 4  # live, ready, model ready, metadata: GETs, which are served and not recorded


def converse(url: str) -> list[float]:
    """What a program does with the client library: ask whether all is well, then infer. Answers the sums."""
    client = InferenceServerClient(url.removeprefix("http://"))
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("sums")
    assert client.get_model_metadata("sums")["name"] == "sums"
    sums = []
    for number in range(REQUESTS):
        rows = InferInput("rows", [1, 2], "FP64").set_data_from_numpy(np.array([[number, 0.5]]), binary_data=False)
        outputs = [InferRequestedOutput("sum", binary_data=False), InferRequestedOutput("largest", binary_data=False)]
        answer = client.infer("sums", [rows], outputs=outputs, request_id=f"request-{number}")
        assert answer.get_response()["id"] == f"request-{number}"
        sums.append(float(answer.as_numpy("sum").ravel()[0]))
    return sums


async def test_a_real_client_and_server_talk_through_the_proxy_and_are_compared(
    mlserver_url: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    """The client notices nothing; the server, as its own candidate, agrees with itself, read as V2 tensors."""
    async with Serving(tmp_path, redis_server.url, route(mlserver_url, mlserver_url)) as serving:
        sums = await asyncio.to_thread(converse, serving.url)
        coverage = await serving.settled(REQUESTS + QUESTIONS)
        report = await serving.report()

    assert sums == [number + 0.5 for number in range(REQUESTS)]
    assert sum(coverage.not_sampled.values()) == QUESTIONS
    assert coverage.compared == REQUESTS
    assert {side: found["version"] for side, found in report["versions"].items()} == {
        "production": "3",
        "candidate": "3",
    }
    assert report["metrics"]["disagreement.rate"]["value"] == 0.0
    assert report["metrics"]["disagreement.rate"]["n"] == REQUESTS
