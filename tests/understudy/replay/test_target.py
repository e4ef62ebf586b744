"""Whom a replay may load: by where an address leads, whatever it is called."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from understudy.replay.target import WantedTarget, target_of
from understudy.settings.loading import SettingsError, load

SETTINGS = """
listen = "127.0.0.1:{listen}"
data_dir = "{data}"
[[routes]]
prefix = "/"
production = "http://127.0.0.1:9101"
[[routes.candidates]]
name = "next"
url = "http://192.0.2.7:9102"
"""


def refused(tmp_path: Path, candidate: str, *allowed: str) -> str:
    """Why; nothing where it may be loaded."""
    path = tmp_path / "u.toml"
    path.write_text(SETTINGS.format(listen=9100, data=tmp_path / "data"))
    settings = load(path, {}, {})
    try:
        asyncio.run(target_of(WantedTarget(candidate, allowed=allowed), settings))
    except SettingsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9101",
        "http://localhost:9101/v2/models/m/infer",
        "http://[::1]:9101",
        "http://0.0.0.0:9101",
        "http://127.1.2.3:9101",
        "http://[::ffff:127.0.0.1]:9101",
        "http://127.0.0.1:9100",
        "http://localhost:9100",
    ],
)
def test_production_is_known_by_whatever_name(tmp_path: Path, url: str) -> None:
    """Its own address, another name of it, and the proxy before it."""
    assert "this is production" in refused(tmp_path, f"x={url}")


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        ("x=http://127.0.0.1:9102", ""),
        ("x=http://localhost:9102", ""),
        ("x=http://192.0.2.7:9102", ""),
        ("x=http://192.0.2.7:9103", "neither on this host nor a candidate"),
        ("x=http://192.0.2.8:9102", "neither on this host nor a candidate"),
        ("x=http://128.0.0.1:9102", "neither on this host nor a candidate"),
        ("next", ""),
    ],
)
def test_this_host_and_the_candidates_of_the_settings_are_free(tmp_path: Path, candidate: str, said: str) -> None:
    found = refused(tmp_path, candidate)
    assert said in found if said else found == ""


def test_who_names_a_host_may_load_it(tmp_path: Path) -> None:
    """That one, and no other."""
    assert refused(tmp_path, "x=http://192.0.2.8:9102", "192.0.2.8") == ""
    assert refused(tmp_path, "x=http://127.0.0.1:9101", "127.0.0.1") == ""
    assert "--yes-i-may-load 192.0.2.8" in refused(tmp_path, "x=http://192.0.2.8:9102", "192.0.2.9")
