"""Traffic in which every metric occurs: all kinds of output, noise, users, streams, failures and timeouts."""

import msgspec

from comparators.evidence.building import build
from comparators.evidence.epochs import Epoch
from comparators.evidence.gathering import latest
from comparators.evidence.report import Report
from comparators.extract.version import ModelVersion
from comparators.settings import CompareSettings, HeadSettings, ReadingSettings
from comparators.slices.conditions import Condition, Conditions
from comparators.slices.slicing import name_of
from comparators.slices.sums import SliceSums
from comparators.statistics.exact import ONE
from comparators.view import View
from records.nouns import Answer, Observation, Pair, Timings
from tests.comparators.extract.openai_bodies import CHAT_STREAM
from tests.comparators.made import MS, VIEW, answer, failure, judged, observation, pair, planned
from tests.comparators.render.made import COVERAGE

CHAT = "/v1/chat/completions"
CALL = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
MESSAGE = {"role": "assistant", "content": None, "tool_calls": [CALL]}
TOOL_CALL = {"object": "chat.completion", "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "tool_calls"}]}
STREAM = ((b"content-type", b"text/event-stream"),)
IMAGE = ((b"content-type", b"image/png"),)
KINDS = {
    "class": HeadSettings(pointer="/class", kind="label"),
    "probabilities": HeadSettings(pointer="/probabilities", kind="probabilities", threshold=0.5),
    "logits": HeadSettings(pointer="/logits", kind="logits"),
    "score": HeadSettings(pointer="/score", kind="score", threshold=0.5),
    "ranking": HeadSettings(pointer="/ranking", kind="ranking"),
    "vector": HeadSettings(pointer="/vector", kind="embedding"),
    "boxes": HeadSettings(pointer="/boxes", kind="boxes"),
    "text": HeadSettings(pointer="/text", kind="text"),
    "document": HeadSettings(pointer="/document", kind="json"),
}
SETTINGS = CompareSettings(
    heads=tuple(KINDS.values()),
    readings=(ReadingSettings(path="/rich", outputs={name: f"/{name}" for name in KINDS}),),
)

SLICES = Conditions(
    (
        Condition("header", "x-region", "equals", "eu"),
        Condition("feature", "wind: gust", "missing"),
        Condition("feature", "delay", "range", lo=10, hi=20.5),
    ),
    configured=1,
)


def pairs(count: int = 400) -> list[Pair]:
    """Four of five requests ask one model for all kinds of output; the others stream a chat, or want an image."""
    return [_pair(i) for i in range(count)]


def report(view: View = VIEW) -> Report:
    """Of all of them, with slices: one that is named, one under it, one that settings ask for, and one by distance."""
    traffic = pairs()
    summary = judged(traffic, SETTINGS).summary
    disagreement = SliceSums(
        conditions=SLICES.fingerprint(), total_n=10_000, total_disagreement=480 * ONE,
        n=[3_000, 1_000, 900], disagreement=[100 * ONE, 380 * ONE, 300 * ONE],
    )  # fmt: skip
    distances = SliceSums(
        conditions=SLICES.fingerprint(), total_n=8_000, total_disagreement=600 * ONE,
        n=[2_500, 800, 700], disagreement=[60 * ONE, 500 * ONE, 300 * ONE],
    )  # fmt: skip
    names = [name_of(SLICES.fingerprint(), output) for output in (None, "/text")]
    summary.plans["POST /rich"].add_slices(dict(zip(names, (disagreement, distances), strict=True)))
    epoch = Epoch(
        route="root",
        candidate="new",
        production_version=ModelVersion("1"),
        candidate_version=ModelVersion("2"),
        basis=summary.basis,
        generation=1,
    )
    return build(
        latest({1: summary}, {1: epoch}),
        candidate="new",
        route="root",
        coverage={**COVERAGE, **dict.fromkeys(("requests", "recorded", "mirrored", "compared"), len(traffic))},
        plans={plan.key: plan for plan in planned(traffic, SETTINGS).all()},
        examples=[],
        view=view,
        conditions={"POST /rich": [SLICES]},
    )


def _pair(i: int) -> Pair:
    target = "/rich" if i % 5 else CHAT if i % 10 else "/image"
    own = observation(_answer(target, i, i), MS + i % 90 * MS // 50)
    made = pair(_streamed(own), _candidate(target, i), target=target, number=i)
    exchange = msgspec.structs.replace(made.exchange, sampling_key=f"user {i % 200}")
    noise = _streamed(observation(_answer(target, i, i + (i % 31 == 0)))) if i % 3 == 0 else None
    return msgspec.structs.replace(made, exchange=exchange, noise=noise)


def _candidate(target: str, i: int) -> Observation:
    if i % 97 == 1:
        return observation(failure())
    if i % 89 == 1:
        return observation(answer({"error": "busy"}, 503))
    return _streamed(observation(_answer(target, i, i + (i % 7 == 0)), 2 * MS + i % 90 * MS // 20))


def _streamed(made: Observation) -> Observation:
    """With a first byte, half way to the last."""
    times = made.timings
    if times.sent is None or times.last_byte is None:
        return made
    first = (times.sent + times.last_byte) // 2
    return msgspec.structs.replace(made, timings=Timings(0, 50, times.sent, first, times.last_byte))


def _answer(target: str, i: int, way: int) -> Answer:
    """To request i; another way of it is another answer."""
    if target == CHAT and i % 45 == 15:
        return answer(TOOL_CALL)
    if target == CHAT:
        return answer(CHAT_STREAM if i == way else CHAT_STREAM.replace(b"Hello", b"Good day"), headers=STREAM)
    if target == "/image":
        return answer(b"\x89PNG" + bytes(10 + way % 3), headers=IMAGE)
    share = way % 11 / 11
    return answer({
        "class": "ab"[way % 2],
        "probabilities": [[1 - share, share]],
        "logits": [[4 * share, 2.0, way % 3]],
        "score": [[share + 0.001 * (way - i), 0.25]],
        "ranking": [[f"item {(place + way) % 9}" for place in range(9)]],
        "vector": [[float((place * way) % 17 - 8) for place in range(64)]],
        "boxes": [[{"box": [0, 0, 10 + way % 3, 10], "label": "ab"[way % 2], "score": share}]],
        "text": "I cannot help with that." if way % 6 == 0 else f"It is {way}.",
        "document": {"trace": way},
    })  # fmt: skip
