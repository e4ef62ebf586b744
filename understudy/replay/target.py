"""Who a replay asks: a candidate of the settings, or a URL; and whether it may be loaded.

A load test can end a service. So loopback and the settings' candidates are free to be loaded; any other host, and
production whatever its address, only if whoever asks names it once more.
"""

import asyncio
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import NamedTuple

from msgspec.structs import replace

from calling.settings import CallSettings
from http1.address import Address, parse_endpoint
from http1.errors import BadAddress
from loadtest.amounts import seconds
from proxy.settings import CandidateSettings
from understudy.control.overlay import Routes
from understudy.control.subjects import known_routes, routes_in_force
from understudy.reading.opening import opened
from understudy.settings.checks import each_candidate
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings
from understudy.settings.urls import shown_url

PREFIX = "/"
_HERE = "this host"


class Target(NamedTuple):
    """`prefix`: of the route whose recordings it is sent; `calls`: how it is asked."""

    name: str
    calls: CallSettings
    prefix: str = PREFIX


class WantedTarget(NamedTuple):
    """As the command line has it: `candidate` is NAME of the settings, or NAME=URL; `headers` are NAME=VALUE, or
    NAME=env:VARIABLE; `allowed` are hosts that may be loaded.
    """

    candidate: str
    headers: Sequence[str] = ()
    timeout: str | None = None
    allowed: Sequence[str] = ()


async def target_of(wanted: WantedTarget, settings: Settings) -> Target:
    """Raises SettingsError, StoreError."""
    name, equals, url = wanted.candidate.partition("=")
    if equals:
        routes = known_routes(settings)
        found = _of_url(name, url)
    else:
        routes = await _routes(settings)  # it may have been added at run time
        found = _of_settings(name, routes)
    await asyncio.to_thread(_refuse_unasked, found, wanted.allowed, routes, settings.listen)
    return found._replace(calls=_asked_as(found.calls, wanted))


async def _routes(settings: Settings) -> Routes:
    try:
        async with opened(settings) as store:
            return await routes_in_force(store, settings)
    except SettingsError:  # nothing was recorded here: what the file says is all there is
        return settings.routes


def _asked_as(calls: CallSettings, wanted: WantedTarget) -> CallSettings:
    found = replace(calls, headers={**calls.headers, **_headers(wanted.headers)})
    if wanted.timeout is None:
        return found
    try:
        longest_s = seconds(wanted.timeout)
    except ValueError as error:
        raise SettingsError("--timeout", str(error)) from None
    return replace(found, timeout_s=longest_s, first_byte_timeout_s=longest_s, idle_timeout_s=longest_s)


def _of_url(name: str, url: str) -> Target:
    try:
        parse_endpoint(url)
    except BadAddress as error:
        raise SettingsError("--candidate", str(error), shown_url(url)) from None
    return Target(name, CallSettings(url=url))


def _of_settings(name: str, routes: Routes) -> Target:
    known = {candidate.name: (route, candidate) for _, route, candidate in each_candidate(routes)}
    if name not in known:
        there = f"one of {', '.join(sorted(known))}, or " if known else ""
        raise SettingsError("--candidate", f"expected {there}NAME=URL", name)
    route, candidate = known[name]
    return Target(name, _calls_of(candidate), route.prefix)


def _calls_of(candidate: CandidateSettings) -> CallSettings:
    return CallSettings(**{field: getattr(candidate, field) for field in CallSettings.__struct_fields__})


def _headers(written: Iterable[str]) -> dict[str, str]:
    found = {}
    for each in written:
        name, equals, value = each.partition("=")
        if not name or not equals:
            raise SettingsError("--header", "expected NAME=env:VARIABLE, or NAME=VALUE", name)
        found[name] = _value(name, value, os.environ)
    return found


def _value(name: str, value: str, environment: Mapping[str, str]) -> str:
    if not value.startswith("env:"):
        return value
    variable = value.removeprefix("env:")
    if variable not in environment:
        raise SettingsError("--header", f"there is no variable {variable} in the environment", name)
    return environment[variable]


def _refuse_unasked(target: Target, allowed: Sequence[str], routes: Routes, listen: str) -> None:
    address = parse_endpoint(target.calls.url)
    host = address.host or address.path
    if host in allowed:
        return
    production = [parse_endpoint(route.endpoint().url) for route in routes]
    if any(_is_one(address, each) for each in (*production, *_listening(listen, routes))):
        right = f"this is production, or the proxy before it; a replay loads it only with --yes-i-may-load {host}"
        raise SettingsError("--candidate", right, shown_url(target.calls.url))
    candidates = [parse_endpoint(each.url) for _, _, each in each_candidate(routes)]
    if not (_is_here(address) or any(_is_one(address, each) for each in candidates)):
        right = f"is neither on this host nor a candidate that is known; if you may load it: --yes-i-may-load {host}"
        raise SettingsError("--candidate", right, shown_url(target.calls.url))


def _listening(listen: str, routes: Routes) -> list[Address]:
    """Where our own proxy answers, if there is one."""
    if not routes:
        return []
    return [parse_endpoint(listen if listen.startswith("unix:") else f"http://{listen}")]


def _is_one(one: Address, other: Address) -> bool:
    """Whatever their names: localhost, 127.0.0.1 and ::1 are one host."""
    if one.path or other.path:
        return bool(one.path and other.path) and os.path.realpath(one.path) == os.path.realpath(other.path)
    return one.port == other.port and bool(_addresses(one.host) & _addresses(other.host))


def _is_here(address: Address) -> bool:
    return bool(address.path) or _addresses(address.host) == {_HERE}


def _addresses(host: str) -> frozenset[str]:
    """What a name stands for; any of this host's loopback is _HERE, and so is the address of all that it listens on."""
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):  # nobody's name
        found = {host}
    return frozenset(_HERE if _is_loopback(each) else each for each in found)


def _is_loopback(address: str) -> bool:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return mapped.is_loopback or mapped.is_unspecified
