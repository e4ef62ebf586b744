"""Where the hosts of a load test meet: each is there, says a few words once, and hands over what its share came to.

What they say and hand over are the callers' own bytes; nothing here reads them. Everything of a run expires RUN_TTL_S
after its last word, and sooner once its results were taken.
"""

import secrets
from collections.abc import AsyncIterator, Iterable
from typing import Any, Literal, NamedTuple

from records.errors import StoreError
from records.store.keys import RunKeys
from records.store.lua import BEAT, FINISH, HAND_OVER, MEET
from records.store.server import Client

MAX_HOSTS = 64  # of one run
MAX_WORD_BYTES = 4_096  # of what a host says of itself, and of each reason
MAX_RUN_BYTES = 268_435_456  # of the results of all hosts of a run together
RUN_TTL_S = 3_600
TAKEN_TTL_S = 60

Refusal = Literal["joined", "of", "begun"]  # this number has; the run is of so many other hosts; it has started


class RunView(NamedTuple):
    """A run at one moment of the server's clock, `now_us` since 1970. By the number of a host: what it said of itself,
    for how long it has been silent, why it has gone, and how many pieces it has handed over. `ready`: those that
    know when it starts. `taken`: whose results were; None: they are still waited for.
    """

    id: bytes
    now_us: int
    of: int
    hosts: dict[int, bytes]
    silent_ms: dict[int, int]
    gone: dict[int, str]
    handed: dict[int, int]
    mark_us: int | None
    ready: frozenset[int]
    halt: str
    taken: frozenset[int] | None

    @classmethod
    def of_answer(cls, answer: list[Any]) -> "RunView":
        seconds, micros, flat = answer
        state = {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}
        now_us = int(seconds) * 1_000_000 + int(micros)
        return cls(
            id=state["id"],
            now_us=now_us,
            of=int(state["of"]),
            hosts=_by_number(state, "host"),
            silent_ms={number: now_us // 1_000 - int(at) for number, at in _by_number(state, "beat").items()},
            gone={number: why.decode(errors="replace") for number, why in _by_number(state, "gone").items()},
            handed={number: int(pieces) for number, pieces in _by_number(state, "handed").items()},
            mark_us=int(state["mark"]) if "mark" in state else None,
            ready=frozenset(_by_number(state, "ready")),
            halt=state.get("halt", b"").decode(errors="replace"),
            taken=frozenset(map(int, state["taken"].split())) if "taken" in state else None,
        )


class RunRefused(StoreError):
    """This host can't join, and the run goes on without it."""

    def __init__(self, why: Refusal, view: RunView) -> None:
        super().__init__(why)
        self.why, self.view = why, view


class Rendezvous:
    """One host's place in one run: `join` first. Later calls raise StaleToken where the run's name is another run's, or
    nobody's. All raise StoreError, and repeat nothing.
    """

    def __init__(self, client: Client, keys: RunKeys, number: int, of: int) -> None:
        if not 1 <= number <= of <= MAX_HOSTS:
            raise ValueError(f"host {number} of {of}: a run has 1 to {MAX_HOSTS}, and this is one of them")
        self._client = client
        self._keys = keys
        self._number = number
        self._of = of
        self._id = b""

    @property
    def max_bytes(self) -> int:
        """Of what this host may hand over."""
        return MAX_RUN_BYTES // self._of

    async def join(self, about: bytes, silent_s: float) -> RunView:
        """`silent_s`: after which a host of an earlier run is not there any more. Raises RunRefused."""
        _refuse_long(about)
        new = (secrets.token_hex(8), self._number, self._of, about, RUN_TTL_S * 1000, int(silent_s * 1000))
        why, *answer = await MEET.run(self._client, self._keys, *new)
        view = RunView.of_answer(answer)
        if why:
            raise RunRefused(why.decode(), view)
        self._id = view.id
        return view

    async def beat(self) -> RunView:
        return await self._say()

    async def set_mark(self, at_us: int) -> RunView:
        """When the run starts, by the server's clock. Of several the first counts, as of all that is said."""
        return await self._say("mark", str(at_us))

    async def confirm(self) -> RunView:
        """This host knows when the run starts."""
        return await self._say(f"ready:{self._number}", "1")

    async def halt(self, why: str) -> RunView:
        """All are to send no more."""
        return await self._say("halt", why)

    async def leave(self, why: str) -> RunView:
        """This host hands nothing over."""
        return await self._say(f"gone:{self._number}", why)

    async def hand_over(self, pieces: Iterable[bytes]) -> RunView:
        """Raises ValueError for more than `max_bytes`, of which nothing counts, and StaleToken when nobody waits for it
        any more. To hand over again changes nothing.
        """
        size = count = 0
        for count, piece in enumerate(pieces, 1):
            size += len(piece)
            if size > self.max_bytes:
                raise ValueError(f"more than {self.max_bytes:,} bytes, which a host of {self._of} may hand over")
            own = (self._id, self._number, RUN_TTL_S * 1000, f"{self._number}:{count}", piece)
            await HAND_OVER.run(self._client, self._keys, *own)
        return await self._say(f"handed:{self._number}", str(count))

    async def pieces(self, number: int, count: int) -> AsyncIterator[bytes]:
        """What a host has handed over. Raises StoreError where some of it is gone."""
        for piece in range(1, count + 1):
            found = await self._client.call(self._keys.results, "HGET", self._keys.results, f"{number}:{piece}")
            if found is None:
                raise StoreError(f"piece {piece} of {count} of host {number}'s results is gone")
            yield found

    async def finish(self, taken: Iterable[int]) -> None:
        """The results of these hosts were taken, and no others are waited for."""
        await FINISH.run(self._client, self._keys, self._id, TAKEN_TTL_S * 1000, " ".join(map(str, sorted(taken))))

    async def now_us(self) -> int:
        """By the clock that marks are told by: of the server that has this run."""
        seconds, micros = await self._client.call(self._keys.state, "TIME")
        return int(seconds) * 1_000_000 + int(micros)

    async def _say(self, *words: str) -> RunView:
        told = [_cut(each) for each in words]
        answer = await BEAT.run(self._client, self._keys, self._id, self._number, RUN_TTL_S * 1000, *told)
        return RunView.of_answer(answer)


def _by_number(state: dict[str, bytes], word: str) -> dict[int, bytes]:
    parts = ((name.partition(":"), value) for name, value in state.items())
    return {int(number): value for (own, _, number), value in parts if own == word}


def _refuse_long(about: bytes) -> None:
    if len(about) > MAX_WORD_BYTES:
        raise ValueError(f"{len(about)} bytes: a host says at most {MAX_WORD_BYTES} of itself")


def _cut(word: str) -> bytes:
    return word.encode()[:MAX_WORD_BYTES]
