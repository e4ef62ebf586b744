"""Hooks: commands and webhooks that work, fail, hang, or are not there."""

import asyncio
import sys
from pathlib import Path

import pytest
from aiohttp import web

from tests.until import until
from understudy.promotion.hooks import PromotionCall
from understudy.settings.promotion import HookSettings

ENTRY = b'{"link":"entry"}'


async def _outcome(**settings) -> str:
    return await PromotionCall(HookSettings(name="deploy", **settings), ENTRY, "k" * 64).outcome()


def _python(program: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program, *arguments)


async def test_a_command_gets_the_entry_and_its_key(tmp_path: Path) -> None:
    """On stdin, and in its environment."""
    program = "import os,sys;open(sys.argv[1],'w').write(os.environ['UNDERSTUDY_RECORD']+sys.stdin.read())"
    said = tmp_path / "said"
    assert await _outcome(command=_python(program, str(said))) == "ok"
    assert await asyncio.to_thread(said.read_text) == "k" * 64 + ENTRY.decode()


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        (_python("raise SystemExit(3)"), "ended with exit code 3"),
        (_python("import os;os.kill(os.getpid(),9)"), "ended by signal 9"),
        (("/nowhere/deploy",), "can't be started: No such file or directory"),
    ],
)
async def test_a_command_that_fails_is_a_failure_in_words(command: tuple[str, ...], outcome: str) -> None:
    """Also one that never reads what it gets."""
    assert await _outcome(command=command) == outcome


async def test_a_command_that_hangs_is_ended_with_what_it_began(tmp_path: Path) -> None:
    """After its time, and nothing of it goes on."""
    program = (
        "import subprocess,sys,time;"
        "child=subprocess.Popen([sys.executable,'-c','import time;time.sleep(600)']);"
        "open(sys.argv[1],'w').write(str(child.pid));time.sleep(600)"
    )
    pid = tmp_path / "pid"
    assert await _outcome(command=_python(program, str(pid)), timeout_s=3.0) == "not done after 3 s"
    child = int(await asyncio.to_thread(pid.read_text))
    await until(lambda: not _runs(child))


def _runs(pid: int) -> bool:
    """A zombie whose parent is gone is the init's to reap, and runs no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
async def webhook():
    """A server that remembers what it was sent; /slow never answers."""
    heard = []

    async def answer(request: web.Request) -> web.Response:
        heard.append((request.headers.copy(), await request.read()))
        if request.path == "/slow":
            await asyncio.Event().wait()
        if request.path == "/moved":
            raise web.HTTPFound("/ok")
        return web.Response(status=503 if request.path == "/fails" else 202)

    app = web.Application()
    app.router.add_post("/{path}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", heard
    await runner.cleanup()


async def test_a_webhook_is_sent_the_entry_under_its_key(webhook) -> None:
    """With the headers that the settings give it."""
    url, heard = webhook
    assert await _outcome(url=f"{url}/ok", headers={"Authorization": "Bearer t"}) == "ok"
    ((headers, body),) = heard
    assert body == ENTRY
    assert (headers["Idempotency-Key"], headers["Authorization"]) == ("k" * 64, "Bearer t")
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "outcome"),
    [("/fails", "answered 503"), ("/moved", "answered 302"), ("/slow", "not done after 0.5 s")],
)
async def test_a_webhook_that_does_not_say_yes_is_a_failure(webhook, path: str, outcome: str) -> None:
    """A redirection is followed nowhere; silence ends after its time."""
    assert await _outcome(url=f"{webhook[0]}{path}", timeout_s=0.5) == outcome


async def test_a_webhook_that_is_not_there_is_a_failure() -> None:
    """Without a word of its URL, which may be a secret."""
    assert await _outcome(url="http://127.0.0.1:1/secret") == "no answer: ClientConnectorError"
