"""What commands know of a `serve` by its flags, of which they are given no settings: candidates and routes."""

import json
from pathlib import Path

from tests.endpoint import Endpoint
from tests.understudy.serving import Serving
from understudy.control import subjects
from understudy.settings.loading import convert
from understudy.site.datadir import DataDir


async def said(serving: Serving, *words: str, code: int) -> str:
    ended, out, err = await serving.command(*words)
    assert ended == code, err
    return out if code == 0 else err


async def test_who_was_added_at_run_time_is_known_to_every_command(short_dir: Path, production: Endpoint) -> None:
    """With two candidates in force a command asks which; each of them can be named, and one that was removed as well;
    the route needs no name where there is one alone.
    """
    flags = ("--production", production.url, "--candidate", f"new={production.url}")
    async with Serving(short_dir, *flags) as serving:
        await said(serving, "candidates", "add", f"y={production.url}", "--admin", serving.address("admin"), code=0)
        assert await serving.ask("POST", "/predict", {"inputs": [0.5]}) == (200, '{"late": 0.25}')
        for name in ("new", "y"):
            await serving.coverage(name, compared=1)

        for words in ([], ["--candidate", "zzz"]):
            assert "expected one of new, y" in await said(serving, "report", *words, code=2)
        assert json.loads(await said(serving, "report", "--candidate", "y", "--json", code=0))["candidate"] == "y"
        assert len((await said(serving, "export", code=0)).splitlines()) == 2
        assert len((await said(serving, "export", "--candidate", "y", code=0)).splitlines()) == 2
        assert "expected one of new, y" in await said(serving, "export", "--candidate", "zzz", code=2)

        assert "y is no longer shadowed" in await said(serving, "candidates", "remove", "y", code=0)
    assert json.loads(await said(serving, "report", "--json", code=0))["candidate"] == "new"
    assert json.loads(await said(serving, "report", "--candidate", "y", "--json", code=0))["candidate"] == "y"
    sampled = await said(serving, "export", "--candidate", "new", "--sample", "disagreements", code=0)
    assert len(sampled.splitlines()) == 1  # its header: none disagrees


def test_no_header_is_left_for_other_commands(tmp_path: Path) -> None:
    """A candidate's headers may be secrets, and so may those of the noise's calls."""
    data = DataDir(str(tmp_path / "data"))
    data.create()
    called = {"url": "http://127.0.0.1:9002", "headers": {"Authorization": "hidden"}}
    route = {
        "prefix": "/",
        "production": "http://127.0.0.1:9001",
        "candidates": [{"name": "new", **called}],
        "noise": {"sample": 0.5, **called},
    }
    subjects.tell(data, convert({"routes": [route], "credentials": {"mine": {"Authorization": "hidden"}}}))
    assert b"new" in data.told_routes()
    assert b"hidden" not in data.told_routes()
