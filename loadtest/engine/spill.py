"""What came back, on its way from a sending process to the scorer: appended to a file, read while it grows.

So sending never waits for scoring, and what has not been scored yet is on disk and not in memory. A record is its
length and a msgpack array. A file has a bound; beyond it answers are counted, and their stamps kept, without a body.
Where the disk has no room for it, nothing more is kept, and the run has to end: who sends asks for `failure`.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from struct import Struct as Layout

import msgspec

from ground.room import NoRoomError, room_for
from loadtest.engine.ended_call import EndedCall
from records.nouns import Answer, Body

FLUSH_BYTES = 262_144
MAX_BYTES = 17_179_869_184  # of one process
MORE_ROOM = "set TMPDIR to a directory with more room, or send for less long (--duration)"
_LENGTH = Layout("<I")
_READ_BYTES = 4_194_304


class SpillWriter:
    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._file = path.open("ab", buffering=0)
        self._room_for = partial(room_for, "what came back", path.parent, MORE_ROOM)
        self.failure = ""  # why nothing is kept any more
        self._encoder = msgspec.msgpack.Encoder()
        self._buffer = bytearray()
        self._room = max_bytes

    def add(self, call: EndedCall) -> None:
        if self.failure:
            return
        if self._room <= 0:
            call = _bare(call)
        data = self._encoder.encode(call)
        self._room -= len(data)
        self._buffer += _LENGTH.pack(len(data))
        self._buffer += data
        if len(self._buffer) >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Raises nothing: who adds is in the midst of a call."""
        try:
            with self._room_for():
                self._write()
        except (NoRoomError, OSError) as error:
            self.failure = str(error)
        self._buffer.clear()

    def _write(self) -> None:
        """Subtle: a disk that is nearly full takes a part of it, and says no more than how much."""
        rest = bytes(self._buffer)
        while rest:
            rest = rest[self._file.write(rest) :]

    def close(self) -> None:
        self.flush()
        self._file.close()


class SpillReader:
    """Reads on from where it stood, whenever it is asked to."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._decode = msgspec.msgpack.Decoder(EndedCall).decode
        self._rest = b""

    def read(self) -> Iterator[EndedCall]:
        """What is there by now."""
        while more := self._file.read(_READ_BYTES):
            data = memoryview(self._rest + more)
            at = 0
            while at + _LENGTH.size <= len(data):
                end = at + _LENGTH.size + _LENGTH.unpack_from(data, at)[0]
                if end > len(data):
                    break
                yield self._decode(data[at + _LENGTH.size : end])
                at = end
            self._rest = bytes(data[at:])

    def close(self) -> None:
        self._file.close()


def _bare(call: EndedCall) -> EndedCall:
    call = msgspec.structs.replace(call, broken_off=b"")
    outcome = call.observation.outcome
    if not isinstance(outcome, Answer):
        return call
    bare = msgspec.structs.replace(outcome, body=Body(b"", outcome.body.size, outcome.body.size > 0))
    return msgspec.structs.replace(
        call, observation=msgspec.structs.replace(call.observation, outcome=bare), without_body=True
    )
