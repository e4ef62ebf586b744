"""The shape of one entry of a HAR 1.2, as far as har.py reads it. Fields that are not named here are passed over.

What the format demands and tools leave out may be missing here, and what they write null for may be null. Times are in
ms, as everywhere in a HAR, and negative where they do not apply.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

Size = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # what a record can hold


class HarPart(Struct, frozen=True, rename="camel", kw_only=True):
    """A part of an entry: names are the format's, in camelCase."""


class HarHeader(HarPart, frozen=True):
    name: str
    value: str | None = None


class HarParam(HarPart, frozen=True):
    """One field of a form."""

    name: str
    value: str | None = None


class HarPostData(HarPart, frozen=True):
    """`encoding`: "base64" where `text` is that. It is a field of ours: the format has none for what is no text."""

    mime_type: str | None = None
    text: str | None = None
    params: list[HarParam] | None = None
    encoding: str | None = field(name="_encoding", default=None)


class HarRequest(HarPart, frozen=True):
    method: str
    url: str
    headers: list[HarHeader] | None = None
    post_data: HarPostData | None = None
    body_size: Size | None = None


class HarContent(HarPart, frozen=True):
    """An answer's body without its content coding. `size`: of the body so, or as it passed (mitmproxy), in bytes;
    `compression`: how many bytes more it has without the coding.
    """

    size: Size | None = None
    compression: Size | None = None
    text: str | None = None
    encoding: str | None = None


class HarResponse(HarPart, frozen=True):
    """`status`: 0 where no answer came. `error`: why it did not, or ended early, in the words of who wrote the file."""

    status: int | None = None
    headers: list[HarHeader] | None = None
    content: HarContent | None = None
    error: Any = field(name="_error", default=None)


class HarTimings(HarPart, frozen=True):
    """`ssl` is a part of `connect`."""

    blocked: float | None = None
    dns: float | None = None
    connect: float | None = None
    send: float | None = None
    wait: float | None = None
    receive: float | None = None


class HarEntry(HarPart, frozen=True):
    started_date_time: str
    request: HarRequest
    response: HarResponse | None = None
    time: float | None = None
    timings: HarTimings | None = None
