"""What a host's share of a run came to, as pieces of bytes for the host that makes the report. Pure.

First its rows, as they came, then the rest as one document that is cut into pieces. A piece begins with what it is.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
import zstandard
from msgspec import Struct

from comparators.errors import Unmergeable
from comparators.evidence.epochs import Epoch
from comparators.pairs.examples import Example
from comparators.pairs.summary import Summary
from loadtest.outcome import HostTally, ReplayOutcome, together
from loadtest.pair_judge import JudgedSums
from loadtest.results.row_codec import MAX_ROWS, decode_rows, encode_rows
from loadtest.results.rows import ResultColumns, ResultRow

PIECE_BYTES = 1_048_576  # of the document; one of rows is smaller
MAX_DOCUMENT_BYTES = 1_073_741_824  # unpacked
_ROWS, _DOCUMENT = b"r", b"d"


class ShareDocument(Struct, frozen=True, kw_only=True):
    """All but the rows. `summaries`: each epoch's own bytes and its summary's."""

    number: int
    started_wall_ns: int
    ended_because: str
    tally: HostTally
    summaries: list[tuple[bytes, bytes]]
    counts: dict[str, int]
    examples: list[Example]


class HandoverError(ValueError):
    """What a host handed over, or would, can't be used."""


class HandoverWriter:
    """`add` rows as they come (as a Keep), then `close`."""

    def __init__(self, max_bytes: int) -> None:
        self._room = self._max_bytes = max_bytes
        self._rows: list[ResultRow] = []
        self._pieces: list[bytes] = []

    def add(self, rows: list[ResultRow]) -> None:
        """Raises HandoverError when there is no room for them."""
        self._rows += rows
        while len(self._rows) >= MAX_ROWS:
            self._keep(_ROWS + encode_rows(self._rows[:MAX_ROWS]))
            del self._rows[:MAX_ROWS]

    def close(self, number: int, outcome: ReplayOutcome, sums: JudgedSums) -> Sequence[bytes]:
        """All pieces. Raises HandoverError likewise."""
        if self._rows:
            self._keep(_ROWS + encode_rows(self._rows))
        document = zstandard.compress(msgspec.msgpack.encode(_document(number, outcome, sums)))
        for start in range(0, len(document), PIECE_BYTES):
            self._keep(_DOCUMENT + document[start : start + PIECE_BYTES])
        return self._pieces

    def _keep(self, piece: bytes) -> None:
        self._room -= len(piece)
        if self._room < 0:
            raise HandoverError(f"the results take more than the {self._max_bytes:,} bytes that a host may hand over")
        self._pieces.append(piece)


def taken(pieces: Sequence[bytes], keep: Callable[[list[ResultRow]], None]) -> tuple[ReplayOutcome, JudgedSums]:
    """What a host handed over; `keep` is given each row once. Raises HandoverError."""
    found = _read_document(b"".join(each[1:] for each in pieces if each[:1] == _DOCUMENT))
    columns = []
    for piece in pieces:
        if piece[:1] == _ROWS:
            rows = _read_rows(piece[1:])
            keep(rows)
            columns.append(ResultColumns.of(rows))
    tallies = {found.number: found.tally}
    outcome = ReplayOutcome(found.started_wall_ns, together(columns), tallies, found.ended_because)
    return outcome, JudgedSums(_read_summaries(found), Counter(found.counts), found.examples)


def _document(number: int, outcome: ReplayOutcome, sums: JudgedSums) -> ShareDocument:
    return ShareDocument(
        number=number,
        started_wall_ns=outcome.started_wall_ns,
        ended_because=outcome.ended_because,
        tally=outcome.tallies[number],
        summaries=[(epoch.to_bytes(), summary.to_bytes()) for epoch, summary in sums.by_epoch.items()],
        counts=dict(sums.counts),
        examples=sums.examples,
    )


def _read_document(packed: bytes) -> ShareDocument:
    try:
        plain = zstandard.ZstdDecompressor().decompress(packed, MAX_DOCUMENT_BYTES)
        return msgspec.msgpack.decode(plain, type=ShareDocument)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise HandoverError(f"no share of a run: {error}") from error


def _read_summaries(found: ShareDocument) -> dict[Epoch, Summary]:
    try:
        return {Epoch.from_bytes(epoch): Summary.from_bytes(summary) for epoch, summary in found.summaries}
    except (msgspec.DecodeError, Unmergeable) as error:
        raise HandoverError(f"no sums of a run: {error}") from error


def _read_rows(piece: bytes) -> list[ResultRow]:
    try:
        return decode_rows(piece)
    except ValueError as error:
        raise HandoverError(str(error)) from error
