"""Pairs of answers to compare, made up: each of another content, so that nothing is found in a cache.

One maker for each kind of answer of comparison.py; the same seed makes the same pairs.
"""

import json
import random
import struct
from collections.abc import Callable
from typing import Any

from benchmarks.traffic import PATH, REQUEST_BODY
from records.nouns import Answer, Body, Exchange, Headers, Observation, Pair, Request, Timings

JSON: Headers = ((b"content-type", b"application/json"),)
HEAD_LENGTH = b"inference-header-content-length"
WORDS = tuple("".join(random.Random(n).choices("aeilmnorstu", k=2 + n % 7)) for n in range(2_000))

Two = tuple[Answer, Answer]


def json_tensor(chance: random.Random) -> Two:
    """Open Inference Protocol, 10 numbers in JSON; one in a thousand is outside the tolerance."""
    return _answer(_tensor(numbers := _numbers(chance))), _answer(_tensor(_moved(numbers, chance)))


def binary_tensor(chance: random.Random) -> Two:
    """The same in the binary-tensor extension."""
    numbers = _numbers(chance)
    return _binary(numbers), _binary(_moved(numbers, chance))


def document(chance: random.Random) -> Two:
    """A JSON document of 50 leaves: numbers within the tolerance, texts, a few lists; one in a hundred differs."""
    made: dict[str, Any] = {
        "customer": {"id": chance.getrandbits(40), "segment": chance.choice(WORDS), "tags": chance.sample(WORDS, 4)},
        "scores": {f"model_{n}": round(chance.random(), 6) for n in range(20)},
        "offers": [{"sku": chance.choice(WORDS), "price": round(100 * chance.random(), 2)} for _ in range(12)],
    }
    other = json.loads(json.dumps(made))
    other["scores"] = {name: value + 1e-7 for name, value in made["scores"].items()}
    if chance.random() < 0.01:
        other["offers"][3]["price"] += 5
    return _answer(made), _answer(other)


def text(chance: random.Random) -> Two:
    """A chat completion of 200 words; four in five are reworded at a few places."""
    words = chance.choices(WORDS, k=200)
    other = list(words)
    if chance.random() < 0.8:
        for _ in range(10):
            other[chance.randrange(200)] = chance.choice(WORDS)
    return _chat(" ".join(words), chance), _chat(" ".join(other), chance)


MAKERS: dict[str, tuple[str, Callable[[random.Random], Two]]] = {
    "JSON tensors of 10 numbers": (PATH, json_tensor),
    "binary tensors of 10 numbers": (PATH, binary_tensor),
    "JSON documents of 50 leaves": ("/v1/score", document),
    "texts of 200 words": ("/v1/chat/completions", text),
}


def made_pair(what: str, number: int) -> Pair:
    chance = random.Random(number)
    target, maker = MAKERS[what]
    production, candidate = maker(chance)
    exchange = Exchange(
        id=f"{chance.getrandbits(64):016x}",
        route="root",
        revision=1,
        request=Request("POST", target, JSON, Body(REQUEST_BODY, len(REQUEST_BODY))),
        production=_observation(production, chance),
    )
    return Pair(
        exchange=exchange,
        candidate="candidate",
        generation=1,
        observation=_observation(candidate, chance),
        queue_delay_ns=1_000_000,
        warming_up=False,
    )


def _numbers(chance: random.Random) -> list[float]:
    return [round(chance.random(), 6) for _ in range(10)]


def _moved(numbers: list[float], chance: random.Random) -> list[float]:
    return [number + (0.1 if chance.random() < 0.001 else 1e-7) for number in numbers]


def _tensor(numbers: list[float]) -> dict[str, object]:
    return {"model_name": "late", "outputs": [{"name": "p", "shape": [1, 10], "datatype": "FP32", "data": numbers}]}


def _binary(numbers: list[float]) -> Answer:
    output = {"name": "p", "shape": [1, 10], "datatype": "FP32", "parameters": {"binary_data_size": 40}}
    head = json.dumps({"model_name": "late", "outputs": [output]}).encode()
    body = head + struct.pack("<10f", *numbers)
    length = (HEAD_LENGTH, str(len(head)).encode())
    return Answer(200, ((b"content-type", b"application/octet-stream"), length), Body(body, len(body)))


def _chat(content: str, chance: random.Random) -> Answer:
    message = {"role": "assistant", "content": content}
    return _answer(
        {
            "id": f"chatcmpl-{chance.getrandbits(60):x}",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "small-1",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 40, "completion_tokens": 260, "total_tokens": 300},
        }
    )


def _answer(value: object) -> Answer:
    body = json.dumps(value).encode()
    return Answer(200, JSON, Body(body, len(body)))


def _observation(answer: Answer, chance: random.Random) -> Observation:
    took = int(1e6 * chance.lognormvariate(1.0, 0.5))
    return Observation(
        wall_ns=1_700_000_000_000_000_000 + chance.getrandbits(40),
        timings=Timings(received=0, connected=1_000, sent=2_000, first_byte=2_000 + took, last_byte=3_000 + took),
        outcome=answer,
        in_flight=1,
        loop_lag_ns=0,
        reader_paused=False,
    )
