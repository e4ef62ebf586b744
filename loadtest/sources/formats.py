"""What the rows of a table mean: a map of its columns, and what a cloud's capture demands besides.

The captures of SageMaker, Azure ML and Databricks stand here by name; each is forms and at most two rules. Nothing is
read from files here.

SageMaker: a line has seconds, no latency and no status; the content type that it tells may be null, or wrong.
Azure ML: a request and its answer are events in different files, with one correlationid. `data` stands as it was sent,
and `contentrange` tells its size: where the two differ, several requests are in one event, or a part of one.
Databricks: three forms of a table, told apart by their columns: AI Gateway's, that of Model Serving before it, and the
Unity AI Gateway's, of which not every column is known here. What was not logged whole has a word in
logging_error_codes, and its body is null.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Literal

from ground.near import did_you_mean
from loadtest.errors import SourceError
from loadtest.sources.bodies import body_of
from loadtest.sources.cells import Cells, cell, has, plain, words
from loadtest.sources.deployments import FolderOf, variant_folder
from loadtest.sources.mapping import ColumnMap, parts_of
from loadtest.sources.messages import Unusable

Half = Literal["request", "answer"]

_NOT_BY_ONLY = "only== chooses one of several deployments, and this tells none"
_BY_FOLDER = "only== chooses by columns, and where these lie tells them apart: give the directory of one as SOURCE"

_CODE = re.compile(r"[A-Z]+(?:_[A-Z]+)+")  # of a list, however its file writes one
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class SplitRows:
    """A request is one row and its answer another, with the same text in column `name`, at most `window_s` apart."""

    name: str
    half: Callable[[Cells], Half]  # raises Unusable for a row that is neither
    answers: ColumnMap
    window_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TableForm:
    """`name`: of the table, where a format has several. `remarks`: what whoever reads its requests must know.

    `deployed`: the columns that tell together which deployment answered. A file need not have them.
    """

    columns: ColumnMap
    name: str = ""
    remarks: tuple[str, ...] = ()
    deployed: tuple[str, ...] = ()

    def deployment(self, cells: Cells) -> str:
        """Empty where the row does not say."""
        return "/".join(filter(None, (words(cell(cells, each)) for each in self.deployed)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFormat:
    """`forms`: the first whose columns a file has is taken. `may_lack`: columns that a file need not have.

    `trusts_types`: whether the content types that it tells are believed. `check`: raises Unusable for a row that
    gives no request. `folder_of`: where all captures of a file's deployment lie.
    """

    forms: tuple[TableForm, ...]
    may_lack: Collection[str] = frozenset()
    trusts_types: bool = True
    check: Callable[[Cells], None] | None = None
    split: SplitRows | None = None
    folder_of: FolderOf | None = None

    @property
    def only(self) -> str:
        """The deployment that was chosen; empty where none was."""
        return next((each.columns.constants["only"] for each in self.forms if each.columns.has("only")), "")


def format_of(text: str) -> TableFormat:
    """What `--map` says: KEY=COLUMN,…; or a capture's name, and after it what differs. Raises SourceError."""
    parts = parts_of(text)
    if not parts or not any(parts):
        raise SourceError(f"the mapping is empty: request=COLUMN,…, or one of {', '.join(CAPTURES)}")
    found = TableFormat(forms=(TableForm(columns=ColumnMap({}, {})),))
    if "=" not in parts[0]:
        found = _named(parts.pop(0))
    changes = ColumnMap.parse(parts)
    forms = tuple(replace(each, columns=each.columns.changed_by(changes)) for each in found.forms)
    for each in forms:
        each.columns.check()
    changed = replace(found, forms=forms)
    if changed.only and not any(each.deployed for each in forms):
        raise SourceError(_NOT_BY_ONLY if found.folder_of is None else _BY_FOLDER)
    return changed


def _named(name: str) -> TableFormat:
    if name not in CAPTURES:
        near = did_you_mean(name, CAPTURES)
        raise SourceError(f"{name!r} is no capture that is known{near}; there are {', '.join(CAPTURES)}")
    return CAPTURES[name]


def _databricks_check(cells: Cells) -> None:
    codes = words(cell(cells, "logging_error_codes"))
    if "SIZE_EXCEEDED" in codes:
        raise Unusable("a body over the size that Databricks logs")
    if _CODE.search(codes):
        raise Unusable("a row that Databricks could not log whole, by its logging_error_codes")
    if has(cells, "response") and plain(cell(cells, "response")) is None and _is_success(cells):
        raise Unusable("an answer whose body Databricks did not log")


def _is_success(cells: Cells) -> bool:
    return words(cell(cells, "status_code")).startswith("2")


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
    forms=(
        TableForm(
            columns=ColumnMap.parse((
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
            )),
            remarks=(_SECONDS,),
        ),
    ),
    may_lack={
        "captureData.endpointInput.observedContentType",
        "captureData.endpointOutput.observedContentType",
        "captureData.endpointOutput.data",  # where the endpoint captures its input alone
        "captureData.endpointOutput.encoding",
    },
    trusts_types=False,
    folder_of=variant_folder,
)  # fmt: skip

_AZURE = TableFormat(
    forms=(
        TableForm(
            columns=ColumnMap.parse((
                "request=data", "request_encoding==verbatim", "request_type=datacontenttype",
                "at=time", "id=id", "target=path", "method=method",
            )),
            remarks=(_SECONDS,),
            deployed=("source",),
        ),
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
)  # fmt: skip

_BODIES = ("request=request", "answer=response", "status=status_code", "method==POST")
_SERVING = (*_BODIES, "id=databricks_request_id", "ratio=sampling_fraction", "target==/invocations")
_MODEL_ALONE = "its latency is the model's alone, without the network"

_DATABRICKS = TableFormat(
    forms=(
        TableForm(
            name="AI Gateway",
            columns=ColumnMap.parse((*_SERVING, "at=request_time", "latency_ms=execution_duration_ms")),
            remarks=(_MODEL_ALONE,),
            deployed=("served_entity_id",),
        ),
        TableForm(
            name="Model Serving (legacy)",
            columns=ColumnMap.parse((*_SERVING, "at=timestamp_ms", "at_unit==ms", "latency_ms=execution_time_ms")),
            remarks=(_MODEL_ALONE,),
            deployed=tuple(f"request_metadata.{each}" for each in ("endpoint_name", "model_name", "model_version")),
        ),
        TableForm(
            name="Unity AI Gateway",
            columns=ColumnMap.parse((*_BODIES, "id=invocation_id", "at=event_time", "latency_ms=latency_ms")),
            remarks=(
                "its latency is as the gateway took it: whether the network is in it is not known here",
                "it tells no sampling, and some requests that failed (401, 403, 429, 500) may be missing in it",
            ),
        ),
    ),
    may_lack={"sampling_fraction"},
    check=_databricks_check,
)

CAPTURES = {"sagemaker": _SAGEMAKER, "azure-ml": _AZURE, "databricks": _DATABRICKS}
