"""Who may ask the admin API what. One middleware, before every handler but /healthz, /readyz and /metrics.

A browser on this machine is the danger on loopback: a page anywhere may make it send requests here. So the Host must be
one of ours (DNS rebinding), an Origin must be our own, a body must be JSON (which a form can't send), and whatever
changes something must carry a token, which no page can read.

There are two tokens: admin.token allows all; gate.token, which pipelines are given, allows to read, and to tell of
events. Not everybody can set a header (Flagger posts to a URL, and that is all), but a URL's user info becomes one, and
is left out of logs: so where gate.token is enough, a token may be the password of HTTP's Basic scheme. A change takes
no password, since a browser sends one by itself.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Collection
from enum import IntEnum
from typing import NamedTuple

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from understudy.admin.problems import HOOKS, Problem
from understudy.operations.connections import HEADERS
from understudy.operations.ops import PATHS

READING = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z._-]+))(?::[0-9]{1,5})?")  # RFC 9110 §7.2, no user in it


class Right(IntEnum):
    """Each includes those before."""

    NONE = 0
    READ = 1
    CHANGE = 2


class Tokens(NamedTuple):
    admin: str
    gate: str

    def right_of(self, shown: str) -> Right:
        given = _bytes(shown)
        if not given:
            return Right.NONE
        if hmac.compare_digest(given, self.admin.encode()):
            return Right.CHANGE
        return Right.READ if hmac.compare_digest(given, self.gate.encode()) else Right.NONE


class Demands(NamedTuple):
    """`telling`: the paths below HOOKS at which somebody tells us something; at the others there they ask."""

    token_to_read: bool
    telling: frozenset[str]

    def of(self, request: web.Request) -> Right:
        if request.path in self.telling:
            return Right.READ
        if request.method in READING or request.path.startswith(HOOKS):
            return Right.READ if self.token_to_read else Right.NONE
        return Right.CHANGE


def guard(tokens: Tokens, demands: Demands, hosts: Collection[str]) -> Middleware:
    """`hosts`: the names we are asked under, besides loopback."""
    ours = LOOPBACK | {host.lower() for host in hosts}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in PATHS:
            _refuse_foreign(request, ours)
            _refuse_unauthorised(request, tokens, demands.of(request))
            if request.method not in READING:
                _refuse_other_content(request)
        return await handler(request)

    return guarded


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: on every answer, errors included."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def _refuse_foreign(request: web.Request, ours: frozenset[str]) -> None:
    hosts = request.headers.getall(hdrs.HOST, [])
    name = _name_in(hosts[0]) if len(hosts) == 1 else ""
    if not name:
        raise Problem(403, "this API answers a request with one Host header alone, of a name and perhaps a port")
    if name not in ours:
        raise Problem(403, f"this API does not answer to the Host {name}; add it to `admin_hosts` if it should")
    own = {f"{scheme}://{hosts[0].lower()}" for scheme in ("http", "https")}
    if any(origin.lower() not in own for origin in request.headers.getall(hdrs.ORIGIN, [])):
        raise Problem(403, "this API refuses pages of another origin")


def _refuse_unauthorised(request: web.Request, tokens: Tokens, demanded: Right) -> None:
    if demanded == Right.NONE:
        return
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    shown = given.strip() if scheme.lower() == "bearer" else ""
    if scheme.lower() == "basic" and demanded == Right.READ:
        shown = _password(given)
    if tokens.right_of(shown) < demanded:
        raise _unauthorised(demanded)


def _unauthorised(demanded: Right) -> Problem:
    needs, file, challenge = {
        Right.READ: ("this", "gate.token (or admin.token)", 'Bearer realm="understudy", Basic realm="understudy"'),
        Right.CHANGE: ("a change", "admin.token", 'Bearer realm="understudy"'),
    }[demanded]
    right = f"{needs} needs `Authorization: Bearer TOKEN`, with the text of {file} in the data directory"
    return Problem(401, right, headers={hdrs.WWW_AUTHENTICATE: challenge})


def _password(given: str) -> str:
    """Of the Basic scheme (RFC 7617), whoever its user is; "" where it is none."""
    try:
        told = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return told.partition(":")[2]


def _refuse_other_content(request: web.Request) -> None:
    if request.can_read_body and request.content_type != "application/json":
        raise Problem(415, "a body must be application/json")


def _name_in(host: str) -> str:
    """The name in a Host header, in lower case; "" where it is more than a name or an address, and a port."""
    found = _HOST.fullmatch(host)
    return "" if found is None else (found[1] or found[2]).lower()


def _bytes(header: str) -> bytes:
    """As it came: bytes that are no UTF-8 stand as lone surrogates."""
    return header.encode("utf-8", "surrogateescape")
