"""What `serve` prints at its start: routes, endpoints, sampling, store, bounds. Pure; no secret, no user info."""

from collections.abc import Iterator, Mapping

from proxy.settings import CandidateSettings, NoiseSettings
from records.privacy.withheld_headers import in_words, withheld_headers
from records.settings import KeptSettings, RedisSettings
from records.store.health import StoreHealth
from understudy.control.overlay import Overlay, laid_over, reconciled
from understudy.settings.model import Route, Settings
from understudy.settings.urls import shown_url

UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def described(
    settings: Settings, addresses: Mapping[str, str], store: str, health: StoreHealth, overlay: Overlay
) -> str:
    """As text. `overlay` is what was changed at run time and is still in force."""
    kept, dropped = reconciled(settings, overlay)
    lines = ["understudy", ""]
    lines += _table([(_ADDRESS_WORDS.get(name, name), address) for name, address in addresses.items()])
    lines += _table(
        [("store", f"{store}{_condition(health)}"), ("bounds", _bounds(settings)), ("data", settings.data_dir)]
    )
    for problem in health.problems:
        lines.append(f"  ! {problem}")
    for route in laid_over(settings.routes, kept):
        lines += ["", *_route(route, settings.kept)]
    lines += ["", *_run_time(kept, dropped)]
    return "\n".join(lines).rstrip() + "\n"


_ADDRESS_WORDS = {
    "listen": "clients",
    "admin": "admin",
    "ops.proxy": "ops proxy",
    "ops.mirror": "ops mirror",
    "ops.compare": "ops compare",
}


def _table(rows: list[tuple[str, str]]) -> list[str]:
    return [f"  {name:<12} {value}" for name, value in rows]


def _condition(health: StoreHealth) -> str:
    if health.reachable:
        return f" ({health.version})"
    return " (can't be used: the proxy serves on, counts what it can't record, and tries again)"


def store_words(redis: RedisSettings, binary: str | None) -> str:
    """`binary`: the program of the embedded server, if it is one."""
    return f"embedded, {binary} on {redis.url}" if binary is not None else shown_url(redis.url)


def _bounds(settings: Settings) -> str:
    recording = settings.recording
    samples = recording.control_max_bytes + recording.disagreements_max_bytes
    return (
        f"{size(recording.max_bytes)} of waiting exchanges, {size(recording.max_pairs_bytes)} of pairs a candidate "
        f"and {size(samples)} of samples, "
        f"nothing older than {recording.max_age_s / 3600:g} h, bodies to {size(recording.max_body_bytes)}"
    )


def _route(route: Route, kept: KeptSettings) -> Iterator[str]:
    sampling = f"{route.sampling.ratio:.4g} of {', '.join(route.methods)}"
    if route.sampling.key:
        sampling += f" by {route.sampling.key}"
    yield f"  {route.prefix}  (route {route.key_name()})"
    yield from _table([("  sampled", sampling), ("  production", shown_url(route.endpoint().url))])
    for candidate in route.candidates:
        yield from _table([("  candidate", _candidate(candidate))])
    if route.candidates and (withheld := in_words(withheld_headers(kept, route.headers_rested_on()))):
        yield f"  ! withheld from candidates: {withheld}"
    if route.noise is not None:
        yield from _table([("  noise", _noise(route.noise))])
    if not route.candidates:
        yield from _table([("  candidate", "none: traffic is recorded, and compared with nothing")])


def _candidate(candidate: CandidateSettings) -> str:
    words = [f"{candidate.name}  {shown_url(candidate.url)}  from {candidate.start_from}"]
    words.append(f"at most {candidate.max_in_flight} at once")
    if candidate.paused:
        words.append("paused")
    return ", ".join(words)


def _noise(noise: NoiseSettings) -> str:
    where = f"to {shown_url(noise.url)}" if noise.url else "to production"
    return (
        f"{noise.sample:.4g} of requests once more {where}, for each candidate, at most {noise.max_in_flight} at once"
    )


def _run_time(overlay: Overlay, dropped: tuple[str, ...]) -> Iterator[str]:
    changes = [f"candidate {each.name} was added" for each in overlay.added]
    changes += [f"{', '.join(sorted(values))} of candidate {name}" for name, values in overlay.changed.items()]
    changes += [f"candidate {name} was removed" for name in overlay.removed]
    changes += [f"sampling of route {name}" for name in overlay.sampling]
    if changes:
        yield "  Changed at run time, over the file (--reset-overlays drops these changes):"
        yield from (f"    {change}" for change in changes)
    if dropped:
        yield "  Dropped, since the file says otherwise or the checks refuse it:"
        yield from (f"    {words}" for words in dropped)


def size(amount: int) -> str:
    for unit, name in UNITS:
        if amount >= unit:
            return f"{amount / unit:.4g} {name}"
    return f"{amount} B"
