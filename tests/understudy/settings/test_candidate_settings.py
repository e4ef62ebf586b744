"""A candidate's settings: file, admin API and overlay take the same, and whatever they take can be worked with."""

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from proxy.mirror.candidate import start_of
from proxy.settings import CandidateSettings
from tests.proxy.mirror.staging import at_work, routes
from tests.recordings import exchange
from understudy.control import changes
from understudy.control.changes import FILE_ONLY
from understudy.control.overlay import Added, Overlay, decoded, effective, encoded, reconciled
from understudy.settings.bounds import Bounds
from understudy.settings.checks import check
from understudy.settings.loading import SettingsError, convert
from understudy.settings.model import Route, Settings

ANYWHERE = Bounds(hosts=("*",), credentials=frozenset())
ROUTES = (Route(prefix="/a", production="http://127.0.0.1:9001"),)
FILE = Settings(routes=ROUTES, allowed_candidate_hosts=("*",))
GOOD = {"name": "late", "url": "http://127.0.0.1:9003"}
OPEN = sorted({field.name for field in fields(CandidateSettings)} - FILE_ONLY - {"credentials"})

# What somebody may write, with what breaks lines, encodings, framing and numbers among it.
WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "set-cookie",
            "Connection",
            "content-length",
            "x-model",
            "host",
            "中",
            "a b",
            "a\r\nX: y",
            "/v2",
            "/a?b",
            "/中",
        ]
    ),
    st.sampled_from(["now", "beginning", "1960-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "2026-01-31T12:00:00Z"]),
    st.builds("http://{}".format, st.text(max_size=12)),
    st.builds("/{}".format, st.text(max_size=8)),
)
NUMBERS = st.one_of(st.integers(-2, 20_000), st.floats(), st.just(1 << 63))
VALUES = st.one_of(
    WORDS,
    NUMBERS,
    st.booleans(),
    st.none(),
    st.lists(WORDS, max_size=3),
    st.fixed_dictionaries({}, optional={"failures": NUMBERS, "pause_s": NUMBERS, "pause": NUMBERS}),
)
DOCUMENTS = st.dictionaries(st.sampled_from(OPEN), VALUES, max_size=3).map(lambda given: {**GOOD, **given})


def by_api(document: dict[str, Any]) -> Overlay | None:
    try:
        return changes.add(ROUTES, Overlay(), document, ANYWHERE)
    except SettingsError:
        return None


def in_file(document: dict[str, Any]) -> CandidateSettings | None:
    try:
        settings = convert(
            {"routes": [{"prefix": "/a", "production": "http://127.0.0.1:9001", "candidates": [document]}]}
        )
        check(settings)
    except SettingsError:
        return None
    return settings.routes[0].candidates[0]


def made(candidate: CandidateSettings) -> bytes:
    """A candidate at work, and the request that it makes of an exchange."""

    async def make() -> bytes:
        async with at_work(*routes(candidate)) as one:
            return one.request(exchange())

    return asyncio.run(make())


@given(DOCUMENTS)
def test_the_api_takes_what_the_file_takes_and_it_can_be_worked_with(document: dict[str, Any]) -> None:
    """Neither more nor less; what is taken makes one well-formed request, and holds when it comes back."""
    candidate, overlay = in_file(document), by_api(document)
    assert (candidate is None) == (overlay is None)
    if candidate is None or overlay is None:
        return
    stored = decoded(encoded(overlay))
    assert reconciled(FILE, stored) == (stored, ())
    assert effective(FILE, stored)[0].candidates == (candidate,)
    assert start_of(candidate.start_from) in ("now", "beginning") or start_of(candidate.start_from).isdecimal()
    head = made(candidate).partition(b"\r\n\r\n")[0]
    assert head.lower().count(b"\r\nhost:") == 1
    assert head.lower().count(b"\r\ncontent-length:") <= 1


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("version_header", "set-cookie"),
        ("build_header", "connection"),
        ("version_header", "中"),
        ("remove_headers", ["中"]),
        ("rewrite_prefix", "/a\r\nX: y"),
        ("host", "a b"),
        ("host", "u@h"),
        ("host", "a,b"),
        ("host", "h:99999"),
        ("version", "v1\n"),
        ("version", "v" * 257),
        ("build", "\x1b[31m"),
        ("url", "http://127.0.0.1:0"),
        ("timeout_s", 1e300),
        ("timeout_s", 31_536_001),
        ("first_byte_timeout_s", 1e300),
        ("max_lag_s", 1e300),
        ("breaker", {"pause_s": 1e300}),
        ("url", "http://中.example"),
        ("name", "late\n"),
        ("a_setting_of_old", 1),
    ],
)
def test_what_no_longer_passes_is_dropped_by_name_and_the_rest_holds(setting: str, value: Any) -> None:
    """An overlay that an older release stored stops neither a role nor another candidate."""
    document = {**GOOD, setting: value}
    assert by_api(document) is None
    other = {**GOOD, "name": "other"}
    stored = decoded(encoded(Overlay(added=(Added(route="a", candidate=document), Added(route="a", candidate=other)))))
    kept, (words,) = reconciled(FILE, stored)
    assert [each.name for each in kept.added] == ["other"]
    assert words.startswith(f"candidate {document['name']}, added at run time: ")
    assert [each.name for each in effective(FILE, stored)[0].candidates] == ["other"]


def test_a_change_that_no_longer_passes_is_dropped_by_name() -> None:
    """Of a candidate's setting and of a route's sampling; what else was changed holds."""
    file = (msgspec.structs.replace(ROUTES[0], candidates=(CandidateSettings(**GOOD),)),)
    overlay = changes.change(file, Overlay(), "late", {"timeout_s": 9, "version_header": "x-version"}, ANYWHERE)
    overlay = changes.sample(file, overlay, "a", {"key": "X-User"})
    stored = decoded(encoded(overlay).replace(b'"x-version"', b'"set-cookie"').replace(b'"X-User"', b'"a b"'))
    kept, dropped = reconciled(Settings(routes=file), stored)
    assert set(kept.changed["late"]) == {"timeout_s"}
    assert [words.partition(":")[0] for words in dropped] == [
        "change of version_header of candidate late",
        "change of sampling of route a",
    ]


@pytest.mark.parametrize("name", ["Host", "Content-Length", "transfer-encoding"])
def test_a_candidates_own_headers_are_not_its_framing(name: str) -> None:
    """A second Host or length would make two requests of one."""
    assert in_file({**GOOD, "headers": {name: "1"}}) is None
    assert in_file({**GOOD, "headers": {"X-Key": "1"}}) is not None


def test_no_limit_is_infinite() -> None:
    """TOML could say so; the overlay, which is JSON, could not hold it, and would take the candidate with it."""
    for value in (float("inf"), float("nan")):
        with pytest.raises(SettingsError, match=r"timeout_s = .*: expected a finite number"):
            convert(
                {"routes": [{"prefix": "/a", "production": "http://h", "candidates": [{**GOOD, "timeout_s": value}]}]}
            )
