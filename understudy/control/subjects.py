"""What commands know of routes and candidates: by their settings; else by what `serve` left in the data directory, or
by the store. What was changed at run time is laid over it.

What `serve` leaves there has no header's value in it, which may be a secret.
"""

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from comparators.stored.current import compared_routes, route_of
from records.store.store import Store
from understudy.control import overlays
from understudy.control.evidence import Subject, subjects_of
from understudy.control.overlay import Routes, laid_over, reconciled
from understudy.settings.loading import SettingsError
from understudy.settings.model import Route, Settings
from understudy.site.datadir import DataDir


class ServedSettings(Struct, frozen=True, kw_only=True):
    """The settings that an overlay is laid over."""

    routes: Routes
    credentials: tuple[str, ...]  # names
    allowed_candidate_hosts: tuple[str, ...]


def tell(data: DataDir, settings: Settings) -> None:
    """Raises SettingsError where it can't be left there."""
    told = ServedSettings(
        routes=tuple(map(_without_headers, settings.routes)),
        credentials=tuple(settings.credentials),
        allowed_candidate_hosts=settings.allowed_candidate_hosts,
    )
    data.tell_routes(msgspec.json.encode(told))


async def routes_in_force(store: Store, settings: Settings) -> Routes:
    """None where the settings have no route and no `serve` left any. Raises StoreError."""
    file = settings if settings.routes else _with_told(settings)
    overlay, _ = reconciled(file, await overlays.read(store))
    return laid_over(file.routes, overlay)


def known_routes(settings: Settings) -> Routes:
    """Without a store: those of the settings, else those that a `serve` left in the data directory."""
    return settings.routes or _with_told(settings).routes


async def subject_of(store: Store, settings: Settings, candidate: str | None) -> Subject:
    """A candidate that is in force, or was compared once; without a name, the only one. Raises SettingsError."""
    subjects = {each.candidate: each for each in subjects_of(await routes_in_force(store, settings))}
    if candidate in subjects:
        return subjects[candidate]
    if candidate is not None and (route := await route_of(store, candidate)) is not None:
        return Subject(route, candidate)
    if candidate is None and len(subjects) == 1:
        return next(iter(subjects.values()))
    raise SettingsError("--candidate", f"expected one of {', '.join(sorted(subjects)) or '(none is known)'}", candidate)


async def only_route(store: Store, settings: Settings) -> str:
    """The route, where there is one alone. Raises SettingsError."""
    in_force = [route.key_name() for route in await routes_in_force(store, settings)]
    names = in_force or await compared_routes(store)
    if len(names) != 1:
        known = f"one of {', '.join(names)}" if names else "a route's name (`serve` prints it), or give --config"
        raise SettingsError("--route", f"expected {known}")
    return names[0]


def _without_headers(route: Route) -> Route:
    return replace(
        route, noise=None, candidates=tuple(replace(candidate, headers={}) for candidate in route.candidates)
    )


def _with_told(settings: Settings) -> Settings:
    try:
        told = msgspec.json.decode(DataDir(settings.data_dir).told_routes(), type=ServedSettings)
    except msgspec.MsgspecError:  # none, or of another release: the next start leaves its own
        return settings
    return replace(
        settings,
        routes=told.routes,
        credentials={name: {} for name in told.credentials},
        allowed_candidate_hosts=told.allowed_candidate_hosts,
    )
