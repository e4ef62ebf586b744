"""Exchanges as a Mooncake trace: when they came, how many tokens they had, which beginnings they share, and no text.

    {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47, …]}

So load can be shared without its data. Tokens are those that the endpoint counted (`usage`); what tells none is left
out and counted. Blocks stand for 512 tokens each, as the format has them; where a token ends in the text nobody here
knows, so block i is about the first 2,048 (i + 1) bytes of the prompt, and equal beginnings have equal ids to within a
block. An id is the number of a salted hash, in the order in which it was first seen: nothing can be looked up, and two
traces can't be joined. Pure.
"""

import hashlib
from collections.abc import Iterator

import orjson
from msgspec import Struct

from comparators.extract.detect import detect
from comparators.extract.output import Usage
from comparators.extract.reading import read_all
from loadtest.sources.source import Skips
from records.nouns import Answer, Exchange

BLOCK_TOKENS, BLOCK_BYTES = 512, 2_048
MAX_BLOCKS, MAX_LINES = 20_000_000, 5_000_000  # told apart, and held until their order is known
_MAX_ANSWER_BYTES = 67_108_864
_NS_PER_MS = 1_000_000


class TraceLine(Struct, frozen=True):
    """Milliseconds from the first line's time; tokens; a number for each block of the prompt, in its order."""

    timestamp: int
    input_length: int
    output_length: int
    hash_ids: list[int]


class MooncakeTrace:
    """Takes exchanges in any order; the trace is in that of time."""

    def __init__(self, salt: bytes, skips: Skips) -> None:
        """`salt`: 1 to 64 bytes."""
        self._salt = salt
        self._skips = skips
        self._ids: dict[bytes, int] = {}
        self._kept: list[tuple[int, int, int, list[int]]] = []

    def add(self, exchange: Exchange) -> None:
        """Counted in `skips` where it is left out."""
        usage = _usage(exchange)
        if usage is None or usage.prompt is None or usage.completion is None:
            self._skips.add("its answer counts no tokens", exchange.id)
        elif len(self._kept) >= MAX_LINES:
            self._skips.add(f"a trace has at most {MAX_LINES:,} lines", exchange.id)
        else:
            ids = list(self._blocks(_prompt(exchange.request.body.data), usage.prompt))
            self._kept.append((exchange.production.wall_ns, usage.prompt, usage.completion, ids))

    def lines(self) -> Iterator[TraceLine]:
        self._kept.sort(key=lambda each: each[0])
        for at_ns, prompt, completion, ids in self._kept:
            yield TraceLine((at_ns - self._kept[0][0]) // _NS_PER_MS, prompt, completion, ids)

    def _blocks(self, prompt: bytes, tokens: int) -> Iterator[int]:
        chain = hashlib.blake2b(key=self._salt, digest_size=16)
        for number in range(-(-tokens // BLOCK_TOKENS)):
            chain.update(b"%d\0" % number + prompt[number * BLOCK_BYTES : (number + 1) * BLOCK_BYTES])
            yield self._id(chain.copy().digest())

    def _id(self, digest: bytes) -> int:
        known = self._ids.get(digest)
        if known is None:
            known = len(self._ids)
            if known < MAX_BLOCKS:
                self._ids[digest] = known
        return known


def _usage(exchange: Exchange) -> Usage | None:
    answer, request = exchange.production.outcome, exchange.request
    if not isinstance(answer, Answer) or answer.body.cut:
        return None
    protocol = detect(request.method, request.target, answer.headers, answer.body.data).protocol
    (read,) = read_all(protocol, [answer], _MAX_ANSWER_BYTES)
    return None if read is None else read[0].usage


def _prompt(body: bytes) -> bytes:
    """What the model is given, as far as the body says: its messages or prompt, else all of it."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    found = asked.get("messages", asked.get("prompt")) if isinstance(asked, dict) else None
    return body if found is None else orjson.dumps(found)
