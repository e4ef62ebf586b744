"""What may be changed at run time: each a pure function from an overlay to the next, or a refusal in words.

The admin API calls these and writes what they return. They keep the promises of the file: a candidate gets no header,
certificate or host at run time that the file does not allow, so no secret enters the store.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from proxy.settings import CandidateSettings, SamplingSettings
from understudy.control.overlay import Added, Changed, Overlay, Routes, laid_over, plain
from understudy.settings.bounds import VERSION_HEADERS, Bounds
from understudy.settings.checks import check_candidate, check_sampling
from understudy.settings.loading import SettingsError, check_finite, explained

Document = Mapping[str, Any]

# What the file alone may give: headers and key files hold secrets, and the store keeps none.
FILE_ONLY = frozenset({"headers", "tls_ca", "tls_cert", "tls_key", "policy", "generation"})
MAX_ADDED = 64


class Unknown(Exception):
    """There is no candidate or route of this name."""


class Conflict(Exception):
    """The change can't be made as things are."""


def add(routes: Routes, overlay: Overlay, document: Document, bounds: Bounds) -> Overlay:
    """`document` is a candidate's table with the `route` it belongs to; with one route alone that may be left out."""
    rest = dict(document)
    name = rest.get("name")
    if isinstance(name, str) and name in overlay.removed:  # the file's own: its removal ends
        back = {other: url for other, url in overlay.removed.items() if other != name}
        return change(routes, replace(overlay, removed=back), rest.pop("name"), rest, bounds)
    route = _route_of(routes, rest.pop("route", None))
    candidate = _converted(rest, bounds)
    if candidate.name in _names(laid_over(routes, overlay)):
        raise Conflict(f"there is a candidate {candidate.name} already; change it, or choose another name")
    if len(overlay.added) >= MAX_ADDED:
        raise Conflict(f"there are {MAX_ADDED} candidates added at run time; write them into the file")
    return replace(overlay, added=(*overlay.added, Added(route=route, candidate=plain(candidate))))


def change(routes: Routes, overlay: Overlay, name: str, document: Document, bounds: Bounds) -> Overlay:
    """Set some of a candidate's settings. Anything but a pause begins a new epoch: older evidence is another's."""
    if "name" in document or "route" in document:
        raise Conflict("a candidate keeps its name and route; add another one")
    current = _find(routes, overlay, name)
    values = {**_open_settings(current), **document}
    candidate = _converted(values, bounds, allowed_url=current.url)
    after = _open_settings(candidate)
    changed = {setting for setting, value in _open_settings(current).items() if after[setting] != value}
    if not changed:
        return overlay
    overlay = _written(routes, overlay, candidate, changed)
    return overlay if changed == {"paused"} else _next_generation(overlay, name)


def restart(routes: Routes, overlay: Overlay, name: str) -> Overlay:
    """Begin a new epoch: what was found so far no longer counts in the report."""
    _find(routes, overlay, name)
    return _next_generation(overlay, name)


def remove(routes: Routes, overlay: Overlay, name: str) -> Overlay:
    """Take it out. Its next generation begins, since one of the same name may come later."""
    _find(routes, overlay, name)
    added = tuple(each for each in overlay.added if each.name != name)
    if len(added) < len(overlay.added):
        return _next_generation(replace(overlay, added=added), name)
    url = next(each.url for route in routes for each in route.candidates if each.name == name)
    changed = {other: values for other, values in overlay.changed.items() if other != name}
    return _next_generation(replace(overlay, removed={**overlay.removed, name: url}, changed=changed), name)


def sample(routes: Routes, overlay: Overlay, route: str, document: Document) -> Overlay:
    """Set a route's sampling, or a part of it."""
    file = next((each for each in routes if each.key_name() == route), None)
    if file is None:
        raise Unknown(f"there is no route {route}; there are {', '.join(each.key_name() for each in routes)}")
    was = plain(file.sampling)
    now = overlay.sampling[route].value if route in overlay.sampling else was
    value = {**now, **document}
    try:
        check_sampling("", msgspec.convert(value, SamplingSettings))
    except msgspec.ValidationError as error:
        raise explained(str(error), value, SamplingSettings) from None
    others = {name: change for name, change in overlay.sampling.items() if name != route}
    return replace(overlay, sampling=others if value == was else {**others, route: Changed(value=value, was=was)})


def _converted(document: Document, bounds: Bounds, allowed_url: str = "") -> CandidateSettings:
    for setting in sorted(FILE_ONLY & document.keys()):
        raise SettingsError(setting, "can be set in the file only; name `credentials` that the file defines")
    check_finite(document)
    try:
        candidate = msgspec.convert(document, CandidateSettings)
    except msgspec.ValidationError as error:
        raise explained(str(error), document, CandidateSettings) from None
    check_candidate("", candidate)
    asked = {name: getattr(candidate, name) for name in ("credentials", *VERSION_HEADERS)}
    bounds.check({**asked, "url": None if candidate.url == allowed_url else candidate.url})
    return candidate


def _open_settings(candidate: CandidateSettings) -> dict[str, Any]:
    """What of a candidate may be read and changed from outside."""
    return {name: value for name, value in plain(candidate).items() if name not in FILE_ONLY}


def _written(routes: Routes, overlay: Overlay, candidate: CandidateSettings, changed: set[str]) -> Overlay:
    """The overlay with the candidate as it shall be: as a difference to the file's where the file has it."""
    file = next((each for route in routes for each in route.candidates if each.name == candidate.name), None)
    if file is None:
        added = tuple(
            replace(each, candidate=plain(candidate)) if each.name == candidate.name else each for each in overlay.added
        )
        return replace(overlay, added=added)
    values, was = _open_settings(candidate), plain(file)
    changes = {setting: kept for setting, kept in overlay.changed.get(file.name, {}).items() if setting not in changed}
    for setting in changed:
        if values[setting] != was[setting]:
            changes[setting] = Changed(value=values[setting], was=was[setting])
    return replace(overlay, changed={**overlay.changed, file.name: changes})


def _next_generation(overlay: Overlay, name: str) -> Overlay:
    return replace(overlay, generations={**overlay.generations, name: overlay.generations.get(name, 0) + 1})


def _find(routes: Routes, overlay: Overlay, name: str) -> CandidateSettings:
    candidates = {each.name: each for route in laid_over(routes, overlay) for each in route.candidates}
    if name not in candidates:
        raise Unknown(f"there is no candidate {name}; there are {', '.join(candidates) or 'none'}")
    return candidates[name]


def _names(routes: Routes) -> set[str]:
    return {candidate.name for route in routes for candidate in route.candidates}


def _route_of(routes: Routes, name: Any) -> str:
    names = [route.key_name() for route in routes]
    if name is None and len(names) == 1:
        return names[0]
    if name not in names:
        raise SettingsError("route", f"expected one of {', '.join(names)}", name)
    return str(name)
