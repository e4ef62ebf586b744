"""The edit of the settings by which a candidate becomes production, and production a candidate: a reverse shadow. Pure.

Both change places: address, certificates and versions. Limits stay where they are, and so do the candidate's policies:
a regression is seen by the same metrics. What the route's other candidates are compared with is another endpoint then,
so each begins a new epoch. A header's value is never shown, unless it is the name of a variable.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec.structs import fields, replace

from calling.settings import EndpointSettings
from ground.printable import escaped
from proxy.settings import CandidateSettings
from understudy.settings.model import Route

FORMER = "former"
WITHHELD = "…"  # instead of a value that may be a secret

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLACE = ("url", "tls_ca", "tls_cert", "tls_key", "version", "build", "version_header", "build_header")
_NOT_OF_PRODUCTION = ("headers", "credentials", "remove_headers", "rewrite_prefix", "host")
_OF_ITS_OWN = (*_PLACE, *_NOT_OF_PRODUCTION, "name", "generation", "policy", "paused", "start_from")


def promoted(route: Route, name: str, former: str, former_generation: int) -> Route:
    """The route as it is afterwards. `former_generation`: one that its name never had."""
    candidate = next(each for each in route.candidates if each.name == name)
    others = [replace(each, generation=each.generation + 1) for each in route.candidates if each is not candidate]
    defaults = CandidateSettings(
        name=former, generation=former_generation, policy=candidate.policy, **_place(route.endpoint())
    )
    limits = {each: getattr(candidate, each) for each in CandidateSettings.__struct_fields__ if each not in _OF_ITS_OWN}
    return replace(
        route,
        production=replace(route.endpoint(), **_place(candidate)),
        candidates=(replace(defaults, **limits), *others),
        noise=route.noise and replace(route.noise, url=""),  # it was a second endpoint of the former production
    )


def former_name(name: str, taken: set[str]) -> str:
    """FORMER, or the first of former-2, former-3, … that no other candidate has."""
    others = taken - {name}
    numbered = (f"{FORMER}-{number}" for number in range(2, len(others) + 3))
    return next(each for each in (FORMER, *numbered) if each not in others)


def edit(route: Route, name: str, after: Route) -> str:
    """The route's tables as they are to be, in TOML, with what to know as comments."""
    candidate = next(each for each in route.candidates if each.name == name)
    lines = [
        f"# In place of [[routes]] of prefix {_toml(route.prefix)}, with its candidates: {name} is production,",
        f"# and the former production a candidate, {after.candidates[0].name}, in a new epoch.",
        *_cautions(route, candidate, after.candidates[0].name),
        "[[routes]]",
        *_settings(after),
    ]
    for each in after.candidates:
        lines += ["", "[[routes.candidates]]", *_assignments(each)]
    text = "\n".join(lines) + "\n"
    if WITHHELD in text:
        text = f"# {WITHHELD} stands for a value that is not shown: keep the one that stands there now.\n{text}"
    return escaped(text)


def _cautions(route: Route, candidate: CandidateSettings, former: str) -> Iterator[str]:
    if given := [name for name in _NOT_OF_PRODUCTION if getattr(candidate, name)]:
        yield f"# Clients' requests reach production as they come: {candidate.name} was called with {', '.join(given)}."
    if route.noise is not None and route.noise.url:
        yield "# noise.url was a second endpoint of the former production: write one of the present one's, or none."
    yield f"# Candidates never get clients' credentials: where {former} wants some, give it headers of its own."


def _settings(after: Route) -> Iterator[str]:
    production = after.endpoint()
    is_plain = production == EndpointSettings(url=production.url)
    yield from _assignments(after, but=("candidates", "production"))
    yield f"production = {_toml(production.url if is_plain else production)}"


def _place(settings: EndpointSettings) -> dict[str, Any]:
    """Where it is, and which model it is."""
    return {name: getattr(settings, name) for name in _PLACE}


# ---- TOML


def _assignments(settings: Struct, but: tuple[str, ...] = ()) -> Iterator[str]:
    """A line for each setting that is not its default."""
    return (f"{name} = {_toml(value)}" for name, value in _given(settings).items() if name not in but)


def _given(settings: Struct) -> dict[str, Any]:
    found = {}
    for each in fields(settings):
        value = getattr(settings, each.name)
        default = each.default_factory() if each.default_factory is not NODEFAULT else each.default
        if value != default and value is not None:  # TOML has no null: what is left out is none
            found[each.encode_name] = _shown(value) if each.name == "headers" else value
    return found


def _shown(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value if value.startswith("env:") else WITHHELD for name, value in headers.items()}


def _toml(value: Any) -> str:
    match value:
        case Struct():
            return _toml(_given(value))
        case tuple() | list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            pairs = (f"{_key(name)} = {_toml(each)}" for name, each in value.items())
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return msgspec.json.encode(value).decode()  # of texts, numbers and booleans TOML's form is JSON's


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _toml(name)
