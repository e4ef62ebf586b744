"""A trace without text: times, tokens and shared beginnings, and nothing that could be looked up."""

from __future__ import annotations

import orjson
from msgspec.structs import replace

from loadtest.mooncake import MooncakeTrace, TraceLine
from loadtest.sources.source import Skips
from records.nouns import Answer, Body, Exchange, Observation, Request, Timings

MS = 1_000_000
JSON = ((b"content-type", b"application/json"),)
SECRET = "the patient's name is Ada Lovelace. "


def chat(number: int, prompt: str, tokens: int, answer: dict[str, object] | None = None) -> Exchange:
    told = answer or {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": SECRET}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": tokens, "completion_tokens": 7},
    }
    body = orjson.dumps({"model": "m", "messages": [{"role": "user", "content": prompt}]})
    data = orjson.dumps(told)
    return Exchange(
        id=f"x{number}",
        route="r",
        revision=1,
        request=Request("POST", "/v1/chat/completions", JSON, Body(body, len(body))),
        production=Observation(
            wall_ns=1_700_000_000_000_000_000 + number * 250 * MS,
            timings=Timings(0, 0, 0, MS, 2 * MS),
            outcome=Answer(200, JSON, Body(data, len(data))),
            in_flight=1,
            loop_lag_ns=0,
            reader_paused=False,
        ),
    )


def written(*exchanges: Exchange, salt: bytes = b"salt") -> tuple[list[TraceLine], Skips]:
    skips = Skips()
    trace = MooncakeTrace(salt, skips)
    for each in exchanges:
        trace.add(each)
    return list(trace.lines()), skips


def test_a_line_has_its_time_and_its_tokens() -> None:
    """Milliseconds from the first, and as many blocks as its tokens fill."""
    lines, _ = written(chat(0, SECRET, 12), chat(3, SECRET * 500, 5_000))
    assert [(each.timestamp, each.input_length, each.output_length) for each in lines] == [(0, 12, 7), (750, 5_000, 7)]
    assert [len(each.hash_ids) for each in lines] == [1, 10]


def test_a_trace_is_in_the_order_of_time() -> None:
    """However the recordings come: a store has them in partitions."""
    lines, _ = written(chat(4, "b", 1), chat(0, "a", 1), chat(2, "c", 1))
    assert [each.timestamp for each in lines] == [0, 500, 1_000]


def test_equal_beginnings_share_their_blocks() -> None:
    """Up to where they part; and what parts once never meets again."""
    common = SECRET * 200
    one, other = (chat(number, common + end * 3_000, 4_000) for number, end in enumerate("ab"))
    (first, second), _ = written(one, other)
    shared = [a == b for a, b in zip(first.hash_ids, second.hash_ids, strict=True)]
    assert shared[:3] == [True, True, True]
    assert not any(shared[4:])


def test_no_text_and_nothing_to_look_up_is_in_it() -> None:
    """Neither prompt nor answer; ids are numbers in the order in which blocks were first seen, whatever the salt."""
    lines, _ = written(chat(0, SECRET, 900), chat(1, "other", 30))
    data = orjson.dumps([[each.timestamp, each.input_length, each.output_length, each.hash_ids] for each in lines])
    assert b"Ada" not in data
    assert [each.hash_ids for each in lines] == [[0, 1], [2]]


def test_what_counts_no_tokens_is_left_out_and_counted() -> None:
    """An answer of another kind, a failure, one that was cut: none is guessed."""
    plain = chat(0, "x", 1, {"score": 0.5})
    whole = chat(1, "x", 1)
    cut = replace(
        whole,
        production=replace(whole.production, outcome=replace(whole.production.outcome, body=Body(b"{", 900, True))),
    )
    lines, skips = written(plain, cut, whole)
    assert len(lines) == 1
    assert skips.counts == {"its answer counts no tokens": 2}
