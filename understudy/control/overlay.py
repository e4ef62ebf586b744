"""What was changed at run time, laid over the file's routes. Pure.

The overlay is one revisioned document in the store; every role follows it (following.py) and the admin API writes it
(changes.py). The file defines: where it was edited since a change was made, and speaks of the same thing, the change
is contradicted and dropped; so is what an older release stored and this one's checks refuse, and what the file no
longer allows at run time. Each drop is said in words. No secret ever stands in it.
"""

from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from proxy.settings import CandidateSettings, SamplingSettings
from records import documents
from understudy.settings.bounds import Bounds
from understudy.settings.checks import check_candidate, check_sampling
from understudy.settings.loading import SettingsError
from understudy.settings.model import Route, Settings

Routes = tuple[Route, ...]
Credentials = dict[str, dict[str, str]]


class Added(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A candidate that the file does not know, as a document: whether this release takes it, `reconciled` finds."""

    route: str
    candidate: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.candidate.get("name"))


class Changed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A setting's value, and the one the file gave when it was changed."""

    value: Any
    was: Any


class Overlay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: int = 1
    added: tuple[Added, ...] = ()
    changed: dict[str, dict[str, Changed]] = field(default_factory=dict)  # by candidate and setting
    removed: dict[str, str] = field(default_factory=dict)  # by candidate: the URL that the file gave
    sampling: dict[str, Changed] = field(default_factory=dict)  # by route
    generations: dict[str, int] = field(default_factory=dict)  # by candidate; outlives its removal


class _Generations(Struct):
    """What of an overlay outlives its release."""

    generations: dict[str, int] = field(default_factory=dict)


def decoded(document: bytes) -> Overlay:
    """Raises msgspec.MsgspecError for what is no overlay of this release."""
    return documents.read(document, Overlay) if document else Overlay()


def generations_in(document: bytes) -> dict[str, int]:
    """The generations of candidates in an overlay, of another release as well; none where they can't be read."""
    try:
        return documents.read(document, _Generations).generations if document else {}
    except msgspec.DecodeError:
        return {}


def encoded(overlay: Overlay) -> bytes:
    return msgspec.json.encode(overlay)


def plain(settings: Struct) -> dict[str, Any]:
    """Settings as they read back from the store: lists, not tuples, so that a comparison means something."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    return values


def effective(settings: Settings, overlay: Overlay) -> Routes:
    """The routes as every role works with them: the file's, the overlay over them."""
    overlay, _ = reconciled(settings, overlay)
    return tuple(_with_credentials(route, settings.credentials) for route in laid_over(settings.routes, overlay))


def laid_over(routes: Routes, overlay: Overlay) -> Routes:
    """The file's routes with the changes; of a reconciled overlay."""
    return tuple(_route(route, overlay) for route in routes)


def reconciled(settings: Settings, overlay: Overlay) -> tuple[Overlay, tuple[str, ...]]:
    """The overlay without what the file contradicts or does not allow or the checks refuse, and what was dropped, in
    words.
    """
    dropped: list[str] = []
    file = _File.of(settings)
    kept = replace(
        overlay,
        added=tuple(each for each in overlay.added if _added_holds(each, file, dropped)),
        removed={name: url for name, url in overlay.removed.items() if _removed_holds(name, url, file, dropped)},
        changed=_held_changes(overlay.changed, file, dropped),
        sampling={
            name: change for name, change in overlay.sampling.items() if _sampling_holds(name, change, file, dropped)
        },
    )
    return kept, tuple(dropped)


class _File(NamedTuple):
    """What an overlay is held against."""

    routes: dict[str, Route]
    candidates: dict[str, CandidateSettings]
    bounds: Bounds

    @classmethod
    def of(cls, settings: Settings) -> "_File":
        routes = {route.key_name(): route for route in settings.routes}
        candidates = {candidate.name: candidate for route in settings.routes for candidate in route.candidates}
        return cls(routes, candidates, Bounds.of(settings))


def _added_holds(added: Added, file: _File, dropped: list[str]) -> bool:
    name = added.name
    if name in file.candidates:
        dropped.append(f"candidate {name}, added at run time: the file now defines one of this name")
    elif added.route not in file.routes:
        dropped.append(f"candidate {name}, added at run time: the file no longer has route {added.route}")
    elif (why := _refused(added.candidate, added.candidate, file.bounds)) is not None:
        dropped.append(f"candidate {name}, added at run time: {why}")
    else:
        return True
    return False


def _removed_holds(name: str, url: str, file: _File, dropped: list[str]) -> bool:
    if name not in file.candidates:
        dropped.append(f"removal of candidate {name}: the file no longer has it")
    elif file.candidates[name].url != url:
        dropped.append(f"removal of candidate {name}: the file now gives it another url")
    else:
        return True
    return False


def _held_changes(
    changed: dict[str, dict[str, Changed]], file: _File, dropped: list[str]
) -> dict[str, dict[str, Changed]]:
    kept: dict[str, dict[str, Changed]] = {}
    for name, changes in changed.items():
        if name not in file.candidates:
            dropped.append(f"change of candidate {name}: the file no longer has it")
            continue
        now = plain(file.candidates[name])
        for setting, change in changes.items():
            if now.get(setting) != change.was:
                dropped.append(f"change of {setting} of candidate {name}: the file was edited there since")
            elif (why := _refused({**now, setting: change.value}, {setting: change.value}, file.bounds)) is not None:
                dropped.append(f"change of {setting} of candidate {name}: {why}")
            else:
                kept.setdefault(name, {})[setting] = change
    return kept


def _refused(document: dict[str, Any], given: dict[str, Any], bounds: Bounds) -> str | None:
    """Why this is no candidate that this release takes, or what of it was given at run time is not allowed there."""
    try:
        check_candidate("", msgspec.convert(document, CandidateSettings))
        bounds.check(given)
    except (msgspec.ValidationError, SettingsError) as error:
        return str(error)
    return None


def _sampling_holds(name: str, change: Changed, file: _File, dropped: list[str]) -> bool:
    if name not in file.routes:
        dropped.append(f"change of sampling of route {name}: the file no longer has it")
    elif plain(file.routes[name].sampling) != change.was:
        dropped.append(f"change of sampling of route {name}: the file was edited there since")
    else:
        try:
            check_sampling("sampling", msgspec.convert(change.value, SamplingSettings))
        except (msgspec.ValidationError, SettingsError) as error:
            dropped.append(f"change of sampling of route {name}: {error}")
        else:
            return True
    return False


def _route(route: Route, overlay: Overlay) -> Route:
    name = route.key_name()
    candidates = [
        _candidate(candidate, overlay) for candidate in route.candidates if candidate.name not in overlay.removed
    ]
    added = (msgspec.convert(each.candidate, CandidateSettings) for each in overlay.added if each.route == name)
    candidates += [_candidate(candidate, overlay) for candidate in added]
    sampling = route.sampling
    if (change := overlay.sampling.get(name)) is not None:
        sampling = msgspec.convert(change.value, SamplingSettings)
    return replace(route, candidates=tuple(candidates), sampling=sampling)


def _candidate(candidate: CandidateSettings, overlay: Overlay) -> CandidateSettings:
    values = {setting: change.value for setting, change in overlay.changed.get(candidate.name, {}).items()}
    generation = candidate.generation + overlay.generations.get(candidate.name, 0)
    return msgspec.convert({**plain(candidate), **values, "generation": generation}, CandidateSettings)


def _with_credentials(route: Route, credentials: Credentials) -> Route:
    """Each candidate's headers completed by the credentials it names; its own win."""
    return replace(
        route,
        candidates=tuple(
            replace(candidate, headers={**credentials.get(candidate.credentials, {}), **candidate.headers})
            for candidate in route.candidates
        ),
    )
