"""What a command line asks for, as an outline of a plan and what it is read with. Each error names its option."""

import argparse
import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from http1.descriptors import raise_limit
from loadtest import amounts
from loadtest.grouping import Filter, KeyOf, RequestShare, key_of
from loadtest.options import HostPlace, LoadOptions
from loadtest.plan import Outline
from loadtest.rhythms import ConstantRate, GammaRate, RateStage, RecordedRhythm, Rhythm, Stages
from proxy.settings import SHORT_NAME, SHORT_NAME_IN_WORDS
from records.store.rendezvous import MAX_HOSTS
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings

Read = TypeVar("Read")

_NONE = ("0", "0/s")
MAX_LOOPS = 1_000_000
CLOSED_RATE = 1e9  # of a closed loop: each is due at once
CLOSED_MOST_PER_S, CLOSED_MOST = 20_000, 20_000_000  # that a process sends, and that are planned where time ends a loop
MAX_IN_FLIGHT = 4_096
_OWN_DESCRIPTORS = 128  # of a sending process, beside its connections
ALONE = HostPlace()


class ReplayRequest(NamedTuple):
    outline: Outline
    options: LoadOptions
    part: RequestShare
    filters: tuple[Filter, ...]
    session_of: KeyOf | None


class WantedRun(NamedTuple):
    """On several hosts. `join_s`: how long the others are waited for."""

    name: str
    host: HostPlace
    join_s: float


def wanted_run(arguments: argparse.Namespace, settings: Settings) -> WantedRun | None:
    """None: on this host alone. Raises SettingsError."""
    name, host = arguments.run_name, arguments.host
    if (name is None) != (host is None):
        given, other = ("--run", "--host I/N") if host is None else ("--host", "--run NAME")
        raise SettingsError(given, f"goes with {other}")
    if name is None:
        return None
    if settings.redis is None:
        raise SettingsError("--run", "goes with --redis URL, or redis in the settings: an embedded store is one host's")
    if not re.match(SHORT_NAME, name):
        raise SettingsError("--run", f"expected {SHORT_NAME_IN_WORDS}", name)
    return WantedRun(
        name, _must("--host", _host, host), _must("--join-timeout", amounts.seconds, arguments.join_timeout)
    )


def _host(text: str) -> HostPlace:
    found = re.fullmatch(r"(\d{1,3})/(\d{1,3})", text)
    place = HostPlace(int(found[1]), int(found[2])) if found else None
    if place is None or not 1 <= place.number <= place.of or not 2 <= place.of <= MAX_HOSTS:
        raise ValueError(f"expected which of how many hosts, as 1/3, 2/3 and 3/3; up to {MAX_HOSTS}")
    return place


def replay_request(arguments: argparse.Namespace, host: HostPlace = ALONE) -> ReplayRequest:
    """Raises SettingsError."""
    _refuse_contradictions(arguments)
    rhythm, words = _rhythm(arguments)
    warmup_s, warmup = _warmup(arguments.warmup)
    outline = Outline(
        rhythm=rhythm,
        passes=arguments.loop,
        lasts_s=_lasts_s(arguments, host),
        warmup=warmup,
        warmup_s=warmup_s,
        in_sessions=arguments.sessions is not None,
        fill=arguments.fill,
        seed=arguments.seed,
        closed=arguments.concurrency or 0,
    )
    return ReplayRequest(
        outline,
        _options(arguments, words, host),
        RequestShare(
            _read("--sample", amounts.share, arguments.sample) or 1.0,
            _read("--sample-key", key_of, arguments.sample_key),
        ),
        tuple(_must("--filter", Filter.parse, each) for each in arguments.filter),
        _read("--sessions", key_of, arguments.sessions),
    )


def _options(arguments: argparse.Namespace, words: str, host: HostPlace) -> LoadOptions:
    closed = arguments.concurrency is not None
    most = arguments.concurrency or arguments.max_in_flight
    for option, value in (("--concurrency", arguments.concurrency), ("--max-in-flight", arguments.max_in_flight)):
        if value is not None and not 1 <= value <= 100_000:
            raise SettingsError(option, "expected 1 to 100000", value)
    if not 1 <= arguments.workers <= 256:
        raise SettingsError("--workers", "expected 1 to 256", arguments.workers)
    room = arguments.workers * max(1, raise_limit() - _OWN_DESCRIPTORS)
    if most is not None and most > room:
        option = "--concurrency" if closed else "--max-in-flight"
        right = f"{arguments.workers} sending processes may open {room:,} connections here: raise the limit (ulimit -n)"
        raise SettingsError(option, right, most)
    lasts_s = _read("--duration", amounts.seconds, arguments.duration) if closed else None
    for_ns = None if lasts_s is None else int(lasts_s * 1e9)
    most_here = most or min(MAX_IN_FLIGHT, room)
    found = LoadOptions(
        rhythm=words,
        processes=arguments.workers,
        max_in_flight=most_here,
        max_in_flight_is_meant=most is not None,
        closed=closed,
        closed_for_ns=for_ns,
        max_lag_ms=_ms(arguments.max_lag),
        host=host,
    )
    if found.max_in_flight < found.all_processes:
        option = "--concurrency" if closed else "--max-in-flight"
        raise SettingsError(option, f"expected one for each of {found.all_processes} sending processes, or more", most)
    return found


def _ms(lag: str | None) -> float | None:
    found = _read("--max-lag", amounts.seconds, lag)
    return None if found is None else 1e3 * found


def _lasts_s(arguments: argparse.Namespace, host: HostPlace) -> float | None:
    """Of the plan. That of a closed loop has more requests than can be sent in its time, all of them due at once."""
    lasts_s = _read("--duration", amounts.seconds, arguments.duration)
    if lasts_s is None or arguments.concurrency is None:
        return lasts_s
    processes: int = arguments.workers * host.of
    return min(CLOSED_MOST, lasts_s * CLOSED_MOST_PER_S * processes) / CLOSED_RATE


def _rhythm(arguments: argparse.Namespace) -> tuple[Rhythm, str]:
    """And in words."""
    if arguments.concurrency is not None:
        return ConstantRate(CLOSED_RATE), f"closed loop of {arguments.concurrency}"
    if arguments.stages is not None:
        return _must("--stages", _stages, arguments.stages), f"stages {arguments.stages}"
    rate = _read("--rate", amounts.per_second, arguments.rate)
    if rate is None:
        gap = _read("--max-gap", amounts.seconds, arguments.max_gap)
        faster = _must("--speed", amounts.speed, arguments.speed)
        return RecordedRhythm(faster, None if gap is None else int(gap * 1e9)), f"as recorded, {faster:g}x"
    if arguments.arrival == "constant":
        return ConstantRate(rate), f"constant {rate:g}/s"
    shape = arguments.burstiness if arguments.arrival == "gamma" else 1.0
    if not 0.01 <= shape <= 100:
        raise SettingsError("--burstiness", "expected 0.01 to 100: 1 is Poisson, less comes in bursts", shape)
    return GammaRate(rate, arguments.seed, shape), f"{arguments.arrival} {rate:g}/s"


def _stages(text: str) -> Stages:
    stages = []
    for each in text.split(","):
        lasts, colon, rate = each.partition(":")
        if not colon:
            raise ValueError(f"expected DURATION:RATE, and more behind commas, such as 30s:100,2m:500; not {each!r}")
        stages.append(RateStage(amounts.seconds(lasts), 0.0 if rate.strip() in _NONE else amounts.per_second(rate)))
    if not any(stage.per_s for stage in stages):
        raise ValueError("every stage has the rate 0")
    return Stages(tuple(stages))


def _warmup(text: str | None) -> tuple[float, int]:
    """Seconds, or requests."""
    if text is None:
        return 0.0, 0
    if re.fullmatch(r"[0-9]{1,9}", text):
        return 0.0, int(text)
    return _must("--warmup", amounts.seconds, text), 0


def _refuse_contradictions(arguments: argparse.Namespace) -> None:
    rhythms = {name: getattr(arguments, name) is not None for name in ("rate", "stages", "concurrency")}
    given = [f"--{name}" for name, is_given in rhythms.items() if is_given]
    if len(given) > 1:
        raise SettingsError(given[1], f"does not go with {given[0]}: each says when requests are sent")
    if given and (arguments.speed != "1x" or arguments.max_gap):
        raise SettingsError(
            "--speed" if arguments.speed != "1x" else "--max-gap",
            f"goes with production's own rhythm, not with {given[0]}",
        )
    if arguments.arrival != "constant" and arguments.rate is None:
        raise SettingsError("--arrival", "goes with --rate", arguments.arrival)
    if arguments.sessions is not None and arguments.concurrency is not None:
        raise SettingsError("--sessions", "does not go with --concurrency: a closed loop has no time of its own")
    if arguments.concurrency is not None and _warmup(arguments.warmup)[0]:
        raise SettingsError("--warmup", "expected how many requests: a closed loop has no time of its own")
    if arguments.sample_key is not None and arguments.sample is None:
        raise SettingsError("--sample-key", "goes with --sample")
    if arguments.max_in_flight is not None and arguments.concurrency is not None:
        raise SettingsError("--max-in-flight", "is what --concurrency says")
    if arguments.loop is not None and not 1 <= arguments.loop <= MAX_LOOPS:
        raise SettingsError("--loop", f"expected how many times, 1 to {MAX_LOOPS}", arguments.loop)
    if not 0 <= arguments.seed < 2**63:
        raise SettingsError("--seed", "expected a whole number from 0 on", arguments.seed)


def _read(option: str, read: Callable[[str], Read], text: str | None) -> Read | None:
    return None if text is None else _must(option, read, text)


def _must(option: str, read: Callable[[str], Read], text: str) -> Read:
    try:
        return read(text)
    except ValueError as error:
        raise SettingsError(option, str(error)) from None
