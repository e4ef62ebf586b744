"""What the rows of a table mean: a map of its columns, and what a cloud's capture demands besides.

The captures of SageMaker, Azure ML and Databricks stand here by name; each is maps and at most two rules. Nothing is
read from files here.

SageMaker: a line has seconds, no latency and no status; the content type that it tells may be null, or wrong.
Azure ML: a request and its answer are events in different files, with one correlationid. `data` stands as it was sent,
and `contentrange` tells its size: where the two differ, several requests are in one event, or a part of one.
Databricks: a table of AI Gateway, or one of before. A body over a size is null, with a word in logging_error_codes.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Literal

from ground.near import did_you_mean
from loadtest.errors import SourceError
from loadtest.sources.bodies import body_of
from loadtest.sources.cells import Cells, cell, words
from loadtest.sources.mapping import ColumnMap, parts_of
from loadtest.sources.messages import Unusable

Half = Literal["request", "answer"]

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class SplitRows:
    """A request is one row and its answer another, with the same text in column `name`, at most `window_s` apart."""

    name: str
    half: Callable[[Cells], Half]  # raises Unusable for a row that is neither
    answers: ColumnMap
    window_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFormat:
    """`maps`: the first whose columns a file has is taken. `may_lack`: columns that a file need not have.

    `trusts_types`: whether the content types that it tells are believed. `check`: raises Unusable for a row that
    gives no request. `remarks`: what whoever reads the requests must know.
    """

    maps: tuple[ColumnMap, ...]
    may_lack: Collection[str] = frozenset()
    trusts_types: bool = True
    check: Callable[[Cells], None] | None = None
    split: SplitRows | None = None
    remarks: tuple[str, ...] = ()


def format_of(text: str) -> TableFormat:
    """What `--map` says: KEY=COLUMN,…; or a capture's name, and after it what differs. Raises SourceError."""
    parts = parts_of(text)
    if not parts or not any(parts):
        raise SourceError(f"the mapping is empty: request=COLUMN,…, or one of {', '.join(CAPTURES)}")
    found = TableFormat(maps=(ColumnMap({}, {}),))
    if "=" not in parts[0]:
        found = _named(parts.pop(0))
    changes = ColumnMap.parse(parts)
    changed = tuple(each.changed_by(changes) for each in found.maps)
    for each in changed:
        each.check()
    return replace(found, maps=changed)


def _named(name: str) -> TableFormat:
    if name not in CAPTURES:
        near = did_you_mean(name, CAPTURES)
        raise SourceError(f"{name!r} is no capture that is known{near}; there are {', '.join(CAPTURES)}")
    return CAPTURES[name]


def _databricks_check(cells: Cells) -> None:
    if "SIZE_EXCEEDED" in words(cell(cells, "logging_error_codes")):
        raise Unusable("a body over the size that Databricks logs")


def _azure_half(cells: Cells) -> Half:
    kind = words(cell(cells, "type")).rpartition(".")[2]
    if kind == "request":
        return "request"
    if kind == "response":
        return "answer"
    raise Unusable("an event that is no request and no response over HTTP")


def _azure_check(cells: Cells) -> None:
    if words(cell(cells, "datainblob")).lower() == "true":
        raise Unusable("a body that lies in a blob of its own")
    span = words(cell(cells, "contentrange"))
    if span and _spanned_bytes(span) != len(body_of(cell(cells, "data"), "verbatim") or b""):
        raise Unusable("several requests in one event, or a part of one: contentrange tells another size than data")


def _spanned_bytes(span: str) -> int | None:
    """How many the range has, of a whole body; None where it is a part of one, or none."""
    parts = _RANGE.fullmatch(span)
    if parts is None or int(parts[1]) != 0:
        return None
    size = int(parts[2]) + 1
    return size if parts[3] in ("*", str(size)) else None


_SECONDS = "its times are to the second as a rule, and so are the gaps between its requests"

_SAGEMAKER = TableFormat(
    maps=(
        ColumnMap.parse(
            (
                "request=captureData.endpointInput.data",
                "request_encoding=captureData.endpointInput.encoding",
                "request_type=captureData.endpointInput.observedContentType",
                "answer=captureData.endpointOutput.data",
                "answer_encoding=captureData.endpointOutput.encoding",
                "answer_type=captureData.endpointOutput.observedContentType",
                "at=eventMetadata.inferenceTime",
                "id=eventMetadata.eventId",
                "method==POST",
                "target==/invocations",
            )
        ),
    ),
    may_lack={
        "captureData.endpointInput.observedContentType",
        "captureData.endpointOutput.observedContentType",
        "captureData.endpointOutput.data",  # where the endpoint captures its input alone
        "captureData.endpointOutput.encoding",
    },
    trusts_types=False,
    remarks=(_SECONDS,),
)

_AZURE = TableFormat(
    maps=(
        ColumnMap.parse((
            "request=data", "request_encoding==verbatim", "request_type=datacontenttype",
            "at=time", "id=id", "target=path", "method=method",
        )),
    ),
    may_lack={"datacontenttype", "path", "method"},  # a file of answers has no path
    check=_azure_check,
    split=SplitRows(
        name="correlationid",
        half=_azure_half,
        answers=ColumnMap.parse((
            "answer=data", "answer_encoding==verbatim", "answer_type=datacontenttype", "at=time",
        )),
        window_s=180,  # the longest that an online endpoint lets a request take
    ),
    remarks=(_SECONDS,),
)  # fmt: skip

_DATABRICKS_COLUMNS = (
    "request=request", "answer=response", "id=databricks_request_id", "status=status_code", "ratio=sampling_fraction",
    "method==POST", "target==/invocations",
)  # fmt: skip

_DATABRICKS = TableFormat(
    maps=(
        ColumnMap.parse((*_DATABRICKS_COLUMNS, "at=request_time", "latency_ms=execution_duration_ms")),
        ColumnMap.parse((*_DATABRICKS_COLUMNS, "at=timestamp_ms", "at_unit==ms", "latency_ms=execution_time_ms")),
    ),
    may_lack={"sampling_fraction"},
    check=_databricks_check,
    remarks=("its latency is the model's alone, without the network",),
)

CAPTURES = {"sagemaker": _SAGEMAKER, "azure-ml": _AZURE, "databricks": _DATABRICKS}
