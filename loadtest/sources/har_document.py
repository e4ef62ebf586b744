"""Exchanges as a HAR 1.2, for export: what har.py reads, and browsers and mitmproxy show.

A HAR tells bodies without their content coding. Of an answer whose coding cannot be undone it tells the size alone; a
request's body that is coded, or no text, stands in base64 under `_encoding`, a field of ours.
"""

import base64
from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl

from loadtest.sources.messages import moment_of
from records.coding import CODING, codings, decoded
from records.nouns import Answer, Body, Exchange, Failure, Headers, Request, Timings
from records.privacy.redaction import Redaction

NO_HOST = "production.invalid"  # RFC 2606: stands where no Host was kept

_NS_PER_MS = 1_000_000
_UNKNOWN = -1
_Part = dict[str, Any]


def har_document(exchanges: Iterable[Exchange], redaction: Redaction | None) -> _Part:
    """`redaction`: of whatever leaves; None where everything is to be shown."""
    shown = exchanges if redaction is None else map(redaction.exchange, exchanges)
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "Understudy", "version": version("understudy")},
            "entries": [_entry(exchange) for exchange in shown],
        }
    }


def _entry(exchange: Exchange) -> _Part:
    production = exchange.production
    return {
        "startedDateTime": moment_of(production.wall_ns),
        "time": _total_ms(production.timings),
        "request": _request(exchange.request),
        "response": _answer(production.outcome)
        if isinstance(production.outcome, Answer)
        else _none(production.outcome),
        "cache": {},
        "timings": _timings(production.timings),
    }


def _request(asked: Request) -> _Part:
    part = {
        "method": asked.method,
        "url": _url(asked),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(asked.headers),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(asked.target.partition("?")[2], keep_blank_values=True)
        ],
        "headersSize": _UNKNOWN,
        "bodySize": asked.body.size,
    }
    return part | {"postData": _posted(asked)} if asked.body.data else part


def _url(asked: Request) -> str:
    host = dict(asked.headers).get(b"host", b"").decode("latin-1") or NO_HOST
    return f"http://{host}{'' if asked.target.startswith('/') else '/'}{asked.target}"  # a HAR cannot tell `*`


def _posted(asked: Request) -> _Part:
    text = None if codings(asked.headers) else _text(asked.body.data)
    told = {"text": _base64(asked.body.data), "_encoding": "base64"} if text is None else {"text": text}
    return {"mimeType": _media(asked.headers), **told}


def _answer(answer: Answer) -> _Part:
    reason = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    kept = tuple(header for header in answer.headers if header[0] != CODING)
    return _response(answer.status, reason, _headers(kept), _content(answer), answer.body.size)


def _none(failure: Failure) -> _Part:
    content = {"size": 0, "mimeType": ""}
    return _response(0, "", [], content, _UNKNOWN) | {"_error": failure.kind}


def _response(status: int, reason: str, headers: list[_Part], content: _Part, size: int) -> _Part:
    return {
        "status": status,
        "statusText": reason,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers,
        "content": content,
        "redirectURL": "",
        "headersSize": _UNKNOWN,
        "bodySize": size,
    }


def _content(answer: Answer) -> _Part:
    body, media = answer.body, _media(answer.headers)
    data = _plain(body, answer.headers)
    if data is None:
        return {"size": body.size, "mimeType": media}
    size = body.size if body.cut else len(data)
    text = _text(data)
    told = {"text": _base64(data), "encoding": "base64"} if text is None else {"text": text}
    return {"size": size, "mimeType": media, **told}


def _plain(body: Body, headers: Headers) -> bytes | None:
    """None where its coding cannot be undone, and half of a coded body is nothing that could be read."""
    if not codings(headers):
        return body.data
    return None if body.cut else decoded(body.data, headers)


def _timings(times: Timings) -> _Part:
    if times.first_byte is None or times.last_byte is None:
        return dict.fromkeys(("send", "wait", "receive"), _UNKNOWN)
    sent = min(times.sent or 0, times.first_byte)  # an answer may begin before the request has ended: a HAR knows none
    return {
        "send": sent / _NS_PER_MS,
        "wait": (times.first_byte - sent) / _NS_PER_MS,
        "receive": (times.last_byte - times.first_byte) / _NS_PER_MS,
    }


def _total_ms(times: Timings) -> float:
    last = times.failed if times.last_byte is None else times.last_byte
    return _UNKNOWN if last is None else last / _NS_PER_MS


def _headers(headers: Headers) -> list[_Part]:
    return [{"name": name.decode("latin-1"), "value": value.decode("latin-1")} for name, value in headers]


def _media(headers: Headers) -> str:
    return dict(headers).get(b"content-type", b"").decode("latin-1")


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
