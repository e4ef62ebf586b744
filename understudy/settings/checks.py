"""Rules between settings, which a type can't state: names and prefixes unique, addresses readable, files there.

Each check takes the settings and raises SettingsError at the first setting that is wrong. `resolved` puts the values of
`env:NAME` in, which is allowed in the file, the environment and flags only: what is added at run time never gets here.
"""

import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from msgspec.structs import asdict, replace

from calling.settings import EndpointSettings
from comparators.extract import output_selection
from comparators.settings import TOLERANT, HeadSettings
from ground.near import did_you_mean
from http1.address import check_host, parse_endpoint, parse_listen
from http1.errors import BadAddress
from http1.settings import ClientSettings
from proxy.live.counters import MAX_NAMES_BYTES, MAX_ROUTES_SET
from proxy.settings import SHORT_NAME, SHORT_NAME_IN_WORDS, CandidateSettings, NoiseSettings, SamplingSettings
from records.privacy.kept_rules import CREDENTIALS, FRAMING, KeptRules
from records.privacy.redaction import MIN_KEY_BYTES, Redaction
from records.settings import RedisSettings
from understudy.settings.bounds import hidden_headers, refuse_hidden
from understudy.settings.loading import SettingsError
from understudy.settings.model import OPS_DEFAULTS, Route, Settings
from understudy.settings.promotion import HookSettings
from understudy.settings.urls import HIDDEN, shown_url

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2: methods and header names
PATH = re.compile(r"/[!-\"$->@-~]*")  # visible ASCII but # and ?
WEBHOOK = re.compile(r"https?://[!-.0-~][!-~]*")
REDIS_URL = re.compile(r"rediss?://|unix://([^/]*@)?/")
WEB_URL = re.compile(r"https?://[^/?#@\s]+(/[^?#\s]*)?")
MAX_VERSION = 256  # characters: each epoch, report and line of the log has it

Read = TypeVar("Read")
Calling = TypeVar("Calling", CandidateSettings, NoiseSettings)  # both give their calls headers


def check(settings: Settings) -> None:
    rules = (
        _addresses, _admin_url, _redis, _tls, kept, _compare, _credentials, _prefixes, _endpoints, _candidates,
        _policies, _hooks,
    )  # fmt: skip
    for rule in rules:
        rule(settings)


def resolved(settings: Settings, environment: Mapping[str, str]) -> Settings:
    """The settings with each `env:NAME` replaced by that variable's value, and each route told how to compare."""
    credentials = {
        name: _resolved_headers(headers, f"credentials.{name}", environment)
        for name, headers in settings.credentials.items()
    }
    routes = tuple(
        replace(
            route,
            compare=route.compare or settings.compare,
            candidates=tuple(
                _with_resolved_headers(candidate, f"routes[{r}].candidates[{c}]", environment)
                for c, candidate in enumerate(route.candidates)
            ),
            noise=route.noise and _with_resolved_headers(route.noise, f"routes[{r}].noise", environment),
        )
        for r, route in enumerate(settings.routes)
    )
    secret = _resolved_value(settings.secret, "secret", environment)
    return replace(settings, credentials=credentials, routes=routes, secret=secret)


def _with_resolved_headers(owner: Calling, path: str, environment: Mapping[str, str]) -> Calling:
    return replace(owner, headers=_resolved_headers(owner.headers, f"{path}.headers", environment))


def _resolved_headers(headers: Mapping[str, str], path: str, environment: Mapping[str, str]) -> dict[str, str]:
    found = {name: _resolved_value(value, f"{path}.{name}", environment) for name, value in headers.items()}
    _headers_readable(path, found)  # a secret read from a file often ends with a line end
    return found


def _resolved_value(value: str, path: str, environment: Mapping[str, str]) -> str:
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if name not in environment:
        raise SettingsError(path, f"the environment has no {name}; set it, or write the value here", value)
    return environment[name]


def _addresses(settings: Settings) -> None:
    listening = {"listen": settings.listen, "admin": settings.admin}
    given = {f"ops.{role}": getattr(settings.ops, role) for role in OPS_DEFAULTS}
    listening |= {path: text for path, text in given.items() if text is not None}
    taken: dict[str, str] = {}
    for path, text in listening.items():
        address = _readable(parse_listen, path, text)
        if path != "listen" and address.path:
            raise SettingsError(path, "expected host:port; only `listen` may be a Unix socket", text)
        if address.port != 0 and str(address) in taken:
            raise SettingsError(path, f"{taken[str(address)]} has this address already", text)
        taken[str(address)] = path


def _admin_url(settings: Settings) -> None:
    if settings.admin_url and not WEB_URL.fullmatch(settings.admin_url):
        right = "expected http:// or https://, a host, and perhaps a path"
        raise SettingsError("admin_url", right, shown_url(settings.admin_url))


def _redis(settings: Settings) -> None:
    redis = settings.redis
    if redis is None:
        return
    path, url = ("redis.url", redis.url) if isinstance(redis, RedisSettings) else ("redis", redis)
    if not _redis_readable(url):
        right = "expected redis://host:port/db, rediss://… for TLS, or unix:///path, a password percent-encoded"
        raise SettingsError(path, right, url)
    if isinstance(redis, RedisSettings):
        _files_usable("redis", {"tls_ca": redis.tls_ca}, {"tls_cert": redis.tls_cert, "tls_key": redis.tls_key})


def _redis_readable(url: str) -> bool:
    """Read by us, so that no password is shown, and by the client."""
    from records.store.client import create_client  # here: who asks for help waits for no library

    if shown_url(url) == HIDDEN or not REDIS_URL.match(url):
        return False
    try:
        create_client(RedisSettings(url=url))
    except ValueError:
        return False
    return True


def _tls(settings: Settings) -> None:
    if (tls := settings.tls) is not None:
        _files_usable("tls", {"client_ca": tls.client_ca}, {"cert": tls.cert, "key": tls.key})


def kept(settings: Settings) -> None:
    """What is allowed there is said where it is compiled; the message begins with the setting."""
    for name in ("headers", "answer_headers", "redact_headers"):
        _header_names(f"kept.{name}", getattr(settings.kept, name))
    try:
        KeptRules.create(settings.kept)
        Redaction.create(settings.kept, bytes(MIN_KEY_BYTES))
    except ValueError as error:
        path, _, right = str(error).partition(": ")
        raise SettingsError(path, right) from None


def _compare(settings: Settings) -> None:
    own = {f"routes[{r}].compare": route.compare for r, route in enumerate(settings.routes)}
    for path, compare in {"compare": settings.compare, **own}.items():
        for number, reading in enumerate(compare.readings if compare else ()):
            try:
                output_selection.check(reading)
            except ValueError as error:
                raise SettingsError(f"{path}.readings[{number}]", str(error)) from None
        for number, head in enumerate(compare.heads if compare else ()):
            _tolerance_has_effect(f"{path}.heads[{number}]", head)


def _tolerance_has_effect(path: str, head: HeadSettings) -> None:
    """A tolerance for what has none would change nothing, and nobody would notice."""
    if head.kind is None or head.kind in TOLERANT:
        return
    for name in ("atol", "rtol", "precision"):
        if getattr(head, name) is not None:
            right = f"outputs of kind {head.kind} have no tolerance; those of {' and '.join(TOLERANT)} have"
            raise SettingsError(f"{path}.{name}", right, getattr(head, name))


def _credentials(settings: Settings) -> None:
    for name, headers in settings.credentials.items():
        _headers_readable(f"credentials.{name}", headers)


def _prefixes(settings: Settings) -> None:
    if len(settings.routes) > MAX_ROUTES_SET:
        raise SettingsError("routes", f"there are {len(settings.routes):,}; {MAX_ROUTES_SET} are counted at most")
    if (size := sum(len(route.key_name().encode()) for route in settings.routes)) > MAX_NAMES_BYTES:
        right = f"their names take {size:,} bytes, {MAX_NAMES_BYTES:,} at most; give those of long prefixes a `name`"
        raise SettingsError("routes", right)
    prefixes: dict[str, str] = {}
    names: dict[str, str] = {}
    for index, route in enumerate(settings.routes):
        path = f"routes[{index}]"
        prefix = route.prefix.rstrip("/")  # the same routes: a prefix ends on a segment boundary
        if prefix in prefixes:
            raise SettingsError(f"{path}.prefix", f"{prefixes[prefix]} has this prefix already", route.prefix)
        if route.key_name() in names:
            right = f"{names[route.key_name()]} has this name already; give one of them another `name`"
            raise SettingsError(f"{path}.name", right, route.key_name())
        prefixes[prefix] = names[route.key_name()] = path
        for position, method in enumerate(route.methods):
            if not TOKEN.fullmatch(method) or method != method.upper():
                raise SettingsError(f"{path}.methods[{position}]", "expected a method in capitals, as POST", method)


def _endpoints(settings: Settings) -> None:
    for index, route in enumerate(settings.routes):
        at = f"routes[{index}].production"
        _endpoint(at if isinstance(route.production, str) else f"{at}.url", at, route.endpoint())
        refuse_hidden(at, asdict(route.endpoint()), hidden_headers(settings))
        _files(at, route.endpoint())
        check_sampling(f"routes[{index}].sampling", route.sampling)
        if route.noise is not None:
            _noise(f"routes[{index}].noise", route.noise)


def _noise(path: str, noise: NoiseSettings) -> None:
    if noise.url:
        _readable(parse_endpoint, f"{path}.url", noise.url)
    _call_readable(path, noise)


def _candidates(settings: Settings) -> None:
    names: dict[str, str] = {}
    for path, _, candidate in each_candidate(settings.routes):
        if candidate.name in names:
            raise SettingsError(f"{path}.name", f"{names[candidate.name]} has this name already", candidate.name)
        names[candidate.name] = path
        check_candidate(path, candidate)
        refuse_hidden(path, asdict(candidate), hidden_headers(settings))
        _files(path, candidate)
        if candidate.credentials and candidate.credentials not in settings.credentials:
            near = did_you_mean(candidate.credentials, settings.credentials)
            right = "no such table under `credentials`" + _known(settings.credentials) + near
            raise SettingsError(f"{path}.credentials", right, candidate.credentials)


def _policies(settings: Settings) -> None:
    from understudy.settings.policies import read_policy  # here: who asks for help waits for no library

    for path, _, candidate in each_candidate(settings.routes):
        for name, file in candidate.policies().items():
            if not re.match(SHORT_NAME, name):
                raise SettingsError(f"{path}.policy", f"expected names of {SHORT_NAME_IN_WORDS}", name)
            read_policy(f"{path}.policy", file)


def _hooks(settings: Settings) -> None:
    names: set[str] = set()
    for h, hook in enumerate(settings.promotion.hooks):
        path = f"promotion.hooks[{h}]"
        if hook.name in names:
            raise SettingsError(f"{path}.name", "another hook has this name already", hook.name)
        names.add(hook.name)
        if bool(hook.command) == bool(hook.url):
            raise SettingsError(path, "expected a command or a url, and not both")
        if hook.command and not hook.command[0]:
            raise SettingsError(f"{path}.command", "expected a program and its arguments")
        if hook.url and not hook.url.startswith("env:"):
            _webhook(f"{path}.url", hook.url)
        _headers_readable(f"{path}.headers", hook.headers)


def resolved_hooks(settings: Settings, environment: Mapping[str, str]) -> tuple[HookSettings, ...]:
    """With the values of `env:NAME`, which nobody but who calls them needs to have."""
    return tuple(
        _resolved_hook(hook, f"promotion.hooks[{h}]", environment) for h, hook in enumerate(settings.promotion.hooks)
    )


def _resolved_hook(hook: HookSettings, path: str, environment: Mapping[str, str]) -> HookSettings:
    url = _resolved_value(hook.url, f"{path}.url", environment)
    if url:
        _webhook(f"{path}.url", url)
    return replace(hook, url=url, headers=_resolved_headers(hook.headers, f"{path}.headers", environment))


def _webhook(path: str, url: str) -> None:
    """Subtle: the error does not show it, since many a webhook's URL is its secret."""
    if not WEBHOOK.fullmatch(url):
        raise SettingsError(path, "expected http:// or https://, a host and a path, of visible ASCII characters")


def check_candidate(path: str, candidate: CandidateSettings) -> None:
    """What is asked of a candidate alone, whether the file, the admin API or the overlay brings it. Pure."""
    _endpoint(f"{path}.url", path, candidate)
    _call_readable(path, candidate)
    _header_names(f"{path}.remove_headers", candidate.remove_headers)
    if candidate.start_from not in ("now", "beginning"):
        _rfc3339(f"{path}.start_from", candidate.start_from)
    if candidate.rewrite_prefix is not None and not PATH.fullmatch(candidate.rewrite_prefix):
        right = "expected a path: it begins with /, is ASCII (others percent-encoded), and has no query or fragment"
        raise SettingsError(f"{path}.rewrite_prefix", right, candidate.rewrite_prefix)


def check_sampling(path: str, sampling: SamplingSettings) -> None:
    """What is asked of a route's sampling, whoever brings it. Pure."""
    if sampling.key:
        _header_names(f"{path}.key", (sampling.key,))


def each_candidate(routes: tuple[Route, ...]) -> Iterator[tuple[str, Route, CandidateSettings]]:
    """Every candidate with its setting's path and its route."""
    for r, route in enumerate(routes):
        for c, candidate in enumerate(route.candidates):
            yield f"routes[{r}].candidates[{c}]", route, candidate


def _endpoint(url_path: str, path: str, endpoint: EndpointSettings) -> None:
    _readable(parse_endpoint, url_path, endpoint.url)
    for name in ("version", "build"):
        if not (text := getattr(endpoint, name)).isprintable() or len(text) > MAX_VERSION:
            raise SettingsError(
                f"{path}.{name}", f"expected one line of printable text, {MAX_VERSION} characters at most"
            )
    for name in ("version_header", "build_header"):
        if header := getattr(endpoint, name):
            _header_names(f"{path}.{name}", (header,))
            if header.lower().encode() in CREDENTIALS | FRAMING:
                raise SettingsError(f"{path}.{name}", "credentials and framing are never kept", header)


def _files(path: str, endpoint: ClientSettings) -> None:
    _files_usable(path, {"tls_ca": endpoint.tls_ca}, {"tls_cert": endpoint.tls_cert, "tls_key": endpoint.tls_key})


def _readable(parse: Callable[[str], Read], path: str, text: str) -> Read:
    try:
        return parse(text)
    except BadAddress as error:
        raise SettingsError(path, str(error), text) from None


def _files_usable(path: str, authority: Mapping[str, str | None], own: Mapping[str, str | None]) -> None:
    """PEM files, tried as a worker will: `authority` names the one to trust, `own` our certificate and its key."""
    for name, file in {**authority, **own}.items():
        if file is not None and not Path(file).is_file():
            raise SettingsError(f"{path}.{name}", "there is no such file", file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name, file in authority.items():
        if file is not None:
            _tried(f"{path}.{name}", file, partial(context.load_verify_locations, file))
    (name, certificate), (_, key) = own.items()
    if certificate is not None:  # a key with a passphrase is refused: nobody would be there to type it
        _tried(f"{path}.{name}", certificate, partial(context.load_cert_chain, certificate, key, ""))


def _tried(path: str, file: str, load: Callable[[], None]) -> None:
    try:
        load()
    except OSError as error:  # ssl.SSLError is one
        why = error.reason if isinstance(error, ssl.SSLError) and error.reason else error.strerror or error
        raise SettingsError(path, f"can't be used as PEM: {why}", file) from None


def _call_readable(path: str, owner: CandidateSettings | NoiseSettings) -> None:
    _headers_readable(f"{path}.headers", owner.headers)
    _value_readable(f"{path}.host", owner.host)
    if owner.host:
        _readable(check_host, f"{path}.host", owner.host)


def _header_names(path: str, names: Iterable[str]) -> None:
    for name in names:
        if not TOKEN.fullmatch(name):
            raise SettingsError(path, "is not a header name", name)


def _headers_readable(path: str, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not TOKEN.fullmatch(name):
            raise SettingsError(f"{path}.{name}", "is not a header name")
        if name.lower().encode() in FRAMING:  # each call makes its own: a second would make two requests of one
            right = (
                "is framing, which each call sets itself"
                if name.lower() != "host"
                else "has a setting of its own, `host`"
            )
            raise SettingsError(f"{path}.{name}", right)
        _value_readable(f"{path}.{name}", value)


def _value_readable(path: str, value: str) -> None:
    if not value.isprintable() or any(character > "\xff" for character in value):
        raise SettingsError(path, "a header's value is one line of printable characters of Latin-1")


def _rfc3339(path: str, text: str) -> None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SettingsError(path, "expected now, beginning, or a time as 2026-01-31T12:00:00Z", text)


def _known(names: Mapping[str, object]) -> str:
    return f"; there are {', '.join(sorted(names))}" if names else ""
