"""Who may ask the admin API what. One middleware, before every handler but /healthz, /readyz and /metrics.

A browser on this machine is the danger on loopback: a page anywhere may make it send requests here. So the Host must be
one of ours (DNS rebinding), an Origin must be our own, a body must be JSON (which a form can't send), and whatever
changes something must carry the token, which no page can read.
"""

import hmac
import re
from collections.abc import Collection

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from understudy.admin.problems import Problem
from understudy.operations.connections import HEADERS
from understudy.operations.ops import PATHS

READING = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z._-]+))(?::[0-9]{1,5})?")  # RFC 9110 §7.2, no user in it


def guard(token: str, hosts: Collection[str]) -> Middleware:
    """`hosts`: the names we are asked under, besides loopback."""
    ours = LOOPBACK | {host.lower() for host in hosts}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in PATHS:
            _refuse_foreign(request, ours)
            if request.method not in READING:
                _refuse_unauthorised(request, token)
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


def _refuse_unauthorised(request: web.Request, token: str) -> None:
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(_bytes(given.strip()), token.encode()):
        right = "a change needs `Authorization: Bearer TOKEN`, with the text of admin.token in the data directory"
        raise Problem(401, right, headers={hdrs.WWW_AUTHENTICATE: 'Bearer realm="understudy"'})


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
