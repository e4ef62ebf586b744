"""Run-time changes over the file: what they do, what the file allows, and when the file wins."""

import re
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from proxy.settings import CandidateSettings, SamplingSettings
from understudy.control import changes
from understudy.control.changes import Conflict, Unknown
from understudy.control.overlay import Overlay, Routes, decoded, effective, encoded, reconciled
from understudy.settings.bounds import Bounds
from understudy.settings.loading import SettingsError
from understudy.settings.model import Route, Settings

BOUNDS = Bounds(hosts=("127.0.0.1", "*.models.internal"), credentials=frozenset({"gpu"}))
TENS = Bounds(hosts=("10.0.0.*",), credentials=frozenset())
NEW = {"name": "late", "url": "http://127.0.0.1:9003"}


def file(**first: Any) -> Routes:
    """Two routes; `first` changes the first one's candidate."""
    given = CandidateSettings(**{"name": "new", "url": "http://10.0.0.7:9002", "headers": {"X-Key": "k"}, **first})
    return (
        Route(prefix="/a", production="http://127.0.0.1:9001", candidates=(given,)),
        Route(prefix="/b", production="http://127.0.0.1:9001"),
    )


def settings(routes: Routes, **given: Any) -> Settings:
    """The file, as far as an overlay is held against it; it allows what BOUNDS do."""
    allowed = {
        "allowed_candidate_hosts": ("127.0.0.1", "*.models.internal"),
        "credentials": {"gpu": {"Authorization": "Bearer s3cret"}},
    }
    return Settings(routes=routes, **{**allowed, **given})


def stored(overlay: Overlay) -> Overlay:
    """As it comes back from the store."""
    return decoded(encoded(overlay))


def candidates(routes: Routes, overlay: Overlay) -> dict[str, CandidateSettings]:
    in_force = effective(settings(routes), stored(overlay))
    return {each.name: each for route in in_force for each in route.candidates}


def test_an_added_candidate_is_in_force_on_its_route_with_its_credentials() -> None:
    """It gets the headers of the credentials that it names; the store gets the name alone."""
    overlay = changes.add(file(), Overlay(), {**NEW, "route": "b", "credentials": "gpu"}, BOUNDS)
    assert [each.name for each in effective(settings(file()), overlay)[1].candidates] == ["late"]
    assert candidates(file(), overlay)["late"].headers == {"Authorization": "Bearer s3cret"}
    assert b"s3cret" not in encoded(overlay)


def test_a_changed_setting_begins_a_new_epoch_and_a_pause_does_not() -> None:
    """Evidence under other settings is another candidate's; a pause changes no evidence."""
    paused = changes.change(file(), Overlay(), "new", {"paused": True}, BOUNDS)
    assert (candidates(file(), paused)["new"].paused, candidates(file(), paused)["new"].generation) == (True, 0)
    slower = changes.change(file(), stored(paused), "new", {"timeout_s": 9}, BOUNDS)
    now = candidates(file(), slower)["new"]
    assert (now.paused, now.timeout_s, now.generation) == (True, 9.0, 1)
    assert now.headers == {"X-Key": "k"}


def test_a_change_back_to_the_file_leaves_nothing() -> None:
    """What equals the file is no change; a change to what is does not even begin an epoch."""
    overlay = changes.change(file(), Overlay(), "new", {"remove_headers": ["X-B"]}, BOUNDS)
    back = changes.change(file(), stored(overlay), "new", {"remove_headers": []}, BOUNDS)
    assert back.changed == {"new": {}}
    assert changes.change(file(), back, "new", {"remove_headers": []}, BOUNDS) == back


def test_removed_and_added_again_is_another_epoch() -> None:
    """A candidate of the same name later is not pooled with the one that was removed."""
    overlay = changes.add(file(), Overlay(), {**NEW, "route": "a"}, BOUNDS)
    overlay = changes.remove(file(), overlay, "late")
    assert "late" not in candidates(file(), overlay)
    overlay = changes.add(file(), overlay, {**NEW, "route": "a"}, BOUNDS)
    assert candidates(file(), overlay)["late"].generation == 1


def test_the_files_own_candidate_can_be_removed_and_brought_back() -> None:
    """Adding its name again ends the removal, with the file's settings under those given."""
    overlay = changes.remove(file(), Overlay(), "new")
    assert candidates(file(), overlay) == {}
    back = changes.add(file(), stored(overlay), {"name": "new", "max_in_flight": 4}, BOUNDS)
    now = candidates(file(), back)["new"]
    assert (now.url, now.max_in_flight, now.headers) == ("http://10.0.0.7:9002", 4, {"X-Key": "k"})


def test_sampling_is_changed_in_part() -> None:
    """What is not named stays."""
    overlay = changes.sample(file(), Overlay(), "a", {"ratio": 0.5})
    overlay = changes.sample(file(), stored(overlay), "a", {"key": "X-User"})
    assert effective(settings(file()), overlay)[0].sampling == SamplingSettings(ratio=0.5, key="X-User")
    assert changes.sample(file(), overlay, "a", {"ratio": 1.0, "key": ""}).sampling == {}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({**NEW, "url": "http://evil.example:80"}, "url = .*does not allow this host"),
        ({**NEW, "url": "http://u:p@127.0.0.1"}, r"url = \"http://\*\*\*@127.0.0.1\".*must not hold a user"),
        ({**NEW, "url": "unix:/run/x.sock"}, "url = .*does not allow this host"),
        ({**NEW, "headers": {"A": "env:HOME"}}, "headers: can be set in the file only"),
        ({**NEW, "tls_key": "/etc/shadow"}, "tls_key: can be set in the file only"),
        ({**NEW, "credentials": "cpu"}, 'credentials: the file defines no table "cpu"; it has gpu; did you mean gpu'),
        ({**NEW, "max_in_fligt": 1}, "max_in_fligt: no such setting; did you mean max_in_flight?"),
        ({**NEW, "timeout_s": 0}, "timeout_s = 0: expected a number, more than 0"),
        ({"url": "http://127.0.0.1"}, "name: is required"),
        ({**NEW, "route": "c"}, 'route = "c": expected one of a, b'),
    ],
)
def test_what_the_file_does_not_allow_is_refused(document: dict[str, Any], message: str) -> None:
    """No header, key file, user info or foreign host comes in at run time."""
    with pytest.raises(SettingsError, match=message):
        changes.add(file(), Overlay(), {"route": "a", **document}, BOUNDS)


def test_hosts_that_the_file_names_are_allowed() -> None:
    """A pattern of the settings, and the hosts of the file's own candidates."""
    bounds = Bounds.of(Settings(routes=file(), allowed_candidate_hosts=("*.models.internal",)))
    assert bounds.allow("http://10.0.0.7:1")
    assert bounds.allow("https://a.models.internal/x")
    assert not bounds.allow("http://127.0.0.1:1")


def test_names_are_unique_and_must_be_known() -> None:
    """Adding twice is a conflict, changing what is not there is an error that says what is."""
    with pytest.raises(Conflict, match="there is a candidate new already"):
        changes.add(file(), Overlay(), {**NEW, "name": "new", "route": "b"}, BOUNDS)
    with pytest.raises(Unknown, match="there is no candidate old; there are new"):
        changes.restart(file(), Overlay(), "old")
    with pytest.raises(Unknown, match="there is no route c; there are a, b"):
        changes.sample(file(), Overlay(), "c", {"ratio": 0.5})


def test_at_most_so_many_are_added() -> None:
    """The overlay is bounded."""
    overlay = Overlay()
    for number in range(changes.MAX_ADDED):
        overlay = changes.add(file(), overlay, {**NEW, "name": f"c{number}", "route": "a"}, BOUNDS)
    with pytest.raises(Conflict, match="write them into the file"):
        changes.add(file(), overlay, {**NEW, "route": "a"}, BOUNDS)


def test_a_change_holds_while_the_file_stays_as_it_was_there() -> None:
    """An edit elsewhere in the file does not undo a pause."""
    overlay = changes.change(file(), Overlay(), "new", {"paused": True}, BOUNDS)
    kept, dropped = reconciled(settings(file(timeout_s=3.0)), stored(overlay))
    assert (kept, dropped) == (overlay, ())


def contradicted() -> dict[str, tuple[Overlay, Routes, str]]:
    """Overlay, edited file, and what is said."""
    added = changes.add(file(), Overlay(), {**NEW, "route": "a"}, BOUNDS)
    changed = changes.change(file(), Overlay(), "new", {"timeout_s": 9}, BOUNDS)
    removed = changes.remove(file(), Overlay(), "new")
    sampled = changes.sample(file(), Overlay(), "a", {"ratio": 0.5})
    other = (Route(prefix="/c", production="http://127.0.0.1:9001"),)
    a, b = file()
    return {
        "defined now": (added, file(name="late"), "the file now defines one of this name"),
        "route gone": (added, other, "the file no longer has route a"),
        "edited there": (changed, file(timeout_s=3.0), "change of timeout_s of candidate new: the file was edited"),
        "candidate gone": (changed, other, "change of candidate new: the file no longer has it"),
        "removed, gone": (removed, other, "removal of candidate new: the file no longer has it"),
        "removed, new url": (removed, file(url="http://10.0.0.8"), "removal of candidate new: .*another url"),
        "sampling edited": (
            sampled,
            (msgspec.structs.replace(a, sampling=SamplingSettings(ratio=0.1)), b),
            "change of sampling of route a: the file was edited",
        ),
        "sampling's route gone": (sampled, other, "change of sampling of route a: the file no longer has it"),
    }


@pytest.mark.parametrize("case", contradicted())
def test_the_file_wins_where_it_was_edited_since(case: str) -> None:
    """What the file contradicts is dropped, said in words, and not in force."""
    overlay, edited, words = contradicted()[case]
    kept, dropped = reconciled(settings(edited), stored(overlay))
    assert len(dropped) == 1
    assert re.search(words, dropped[0])
    now = settings(edited)
    assert effective(now, kept) == effective(now, Overlay(generations=overlay.generations))


NAMED = {"name": "named", "url": "http://a.models.internal:9003", "route": "a", "credentials": "gpu"}
NO_CREDENTIALS = 'credentials: the file defines no table "gpu"; it has none'
NO_HOST = 'url = "http://a.models.internal:9003": the file does not allow this host'


@pytest.mark.parametrize(
    ("edited", "words"),
    [
        ({"credentials": {}}, f"candidate named, added at run time: {NO_CREDENTIALS}"),
        (
            {"credentials": {"cpu": {"X-Key": "k"}}},
            f"candidate named, added at run time: {NO_CREDENTIALS.removesuffix('none')}cpu; did you mean cpu?",
        ),
        ({"allowed_candidate_hosts": ()}, f"candidate named, added at run time: {NO_HOST}"),
        ({"allowed_candidate_hosts": ("b.models.internal",)}, f"candidate named, added at run time: {NO_HOST}"),
    ],
)
def test_an_added_candidate_that_the_file_no_longer_allows_is_dropped_by_name(
    edited: dict[str, Any], words: str
) -> None:
    """Its credentials are gone from the file, or its host; another that was added stays, if it may."""
    overlay = changes.add(file(), Overlay(), NAMED, BOUNDS)
    overlay = changes.add(file(), overlay, {"name": "plain", "url": "http://10.0.0.7:1", "route": "a"}, TENS)
    now = settings(file(), **edited)
    kept, dropped = reconciled(now, stored(overlay))
    assert len(dropped) == 1
    assert dropped[0].startswith(words)
    assert [each.name for each in effective(now, stored(overlay))[0].candidates] == ["new", "plain"]
    assert [each.name for each in kept.added] == ["plain"]


@pytest.mark.parametrize(
    ("change", "edited", "words"),
    [
        ({"credentials": "gpu"}, {"credentials": {}}, f"change of credentials of candidate new: {NO_CREDENTIALS}"),
        ({"url": NAMED["url"]}, {"allowed_candidate_hosts": ()}, f"change of url of candidate new: {NO_HOST}"),
    ],
)
def test_a_change_that_the_file_no_longer_allows_is_dropped_by_name(
    change: dict[str, Any], edited: dict[str, Any], words: str
) -> None:
    """The file's own candidate goes on as the file has it, with what else was changed."""
    overlay = changes.change(file(), Overlay(), "new", {**change, "timeout_s": 9}, BOUNDS)
    now = settings(file(), **edited)
    _, dropped = reconciled(now, stored(overlay))
    assert len(dropped) == 1
    assert dropped[0].startswith(words)
    (candidate,) = effective(now, stored(overlay))[0].candidates
    assert (candidate.url, candidate.credentials, candidate.timeout_s) == ("http://10.0.0.7:9002", "", 9.0)


def test_the_files_own_candidate_may_have_what_no_added_one_may() -> None:
    """A Unix socket: changing another setting of it is not undone."""
    own = file(url="unix:///run/model.sock")
    overlay = changes.change(own, Overlay(), "new", {"timeout_s": 9}, BOUNDS)
    assert reconciled(settings(own), stored(overlay)) == (overlay, ())


def test_a_host_goes_with_the_candidate_that_allowed_it() -> None:
    """Hosts of the file's own candidates are allowed as long as the file has them."""
    overlay = changes.add(file(), Overlay(), {"name": "plain", "url": "http://10.0.0.7:1", "route": "b"}, TENS)
    assert reconciled(settings(file()), stored(overlay))[1] == ()
    (words,) = reconciled(settings(file(url="http://10.0.0.8:9002")), stored(overlay))[1]
    assert words.startswith("candidate plain, added at run time: url = ")


def test_a_header_that_is_hidden_tells_no_version_at_run_time() -> None:
    """A candidate that was given one before the file hid it is dropped by name: its version would be shown."""
    bounds = replace(BOUNDS, hidden_headers=frozenset({"x-version"}))
    with pytest.raises(SettingsError, match=r"version_header = \"X-Version\": kept\.redact_headers hides"):
        bounds.check({"version_header": "X-Version"})
    bounds.check({"version_header": "X-Other", "build_header": ""})


def test_a_host_is_named_once_though_file_and_candidates_have_it() -> None:
    """In the error that lists the hosts a candidate may have."""
    route = Route(
        prefix="/",
        production="http://127.0.0.1:9001",
        candidates=tuple(CandidateSettings(name=name, url="http://127.0.0.1:9002") for name in ("a", "b")),
    )
    assert Bounds.of(Settings(routes=(route,))).hosts == ("127.0.0.1", "localhost", "::1")
