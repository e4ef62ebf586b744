"""Recordings of ours, as the store has them, and as `understudy export` writes them. A pair is its exchange."""

from collections.abc import Iterator
from typing import BinaryIO

from loadtest.errors import SourceError
from loadtest.sources.source import Skips, SourceRequest
from records.errors import RecordError
from records.files import jsonl
from records.nouns import Exchange, Pair

REDACTED = "what the settings hide was replaced when this was exported: the candidate is sent pseudonyms"


def of_exchange(exchange: Exchange) -> SourceRequest:
    return SourceRequest(
        exchange.id,
        exchange.request,
        exchange.production.wall_ns,
        exchange.production,
        session=exchange.unit or exchange.sampling_key,
        ratio=exchange.sampling_ratio,
        route=exchange.route,
        sampling_key=exchange.sampling_key,
        unit=exchange.unit,
    )


class RecordingFile:
    """What `understudy export` wrote."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.skips = Skips()

    def __iter__(self) -> Iterator[SourceRequest]:
        try:
            if jsonl.read_header(self._file).redacted:
                self.skips.notes.append(REDACTED)
            for record in jsonl.read_records(self._file):
                yield of_exchange(record.exchange if isinstance(record, Pair) else record)
        except RecordError as error:
            raise SourceError(str(error)) from error
