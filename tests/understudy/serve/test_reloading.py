"""`serve` on SIGHUP: what it takes over, what it refuses, and what waits for a restart."""

import signal
from pathlib import Path

from tests.endpoint import Endpoint
from tests.redis_server import RedisServer
from tests.understudy.serving import Serving


async def test_a_hangup_takes_the_files_routes_and_refuses_a_bad_file(
    directory: Path, production: Endpoint, candidate: Endpoint, redis_server: RedisServer
) -> None:
    """SIGHUP changes routes without a restart, keeps the old ones for a bad file, and says what it can't change."""
    config = directory / "understudy.toml"
    base = (
        f'redis = "{redis_server.url}"\nsecret = "s"\nworkers = {{}}\n[[routes]]\nprefix = "/"\nproduction = "{{}}"\n'
    )
    config.write_text(base.format(1, production.url))
    async with Serving(directory, "--config", str(config), "--role", "proxy") as serving:
        assert await serving.ask("GET", "/") == (200, '{"late": 0.25}')

        config.write_text(base.format(1, "nonsense"))
        serving.signal(signal.SIGHUP)
        refused = await serving.event("settings.refused")
        assert 'routes[0].production = "nonsense"' in refused["error"]
        assert await serving.ask("GET", "/") == (200, '{"late": 0.25}')

        config.write_text(base.format(2, candidate.url))
        serving.signal(signal.SIGHUP)
        await serving.event("settings.reloaded")
        assert (await serving.event("settings.kept"))["settings"] == ["workers"]
        await serving.event("routes.applied", 2)
        assert await serving.ask("GET", "/") == (200, '{"late": 0.75}')


async def test_what_waits_for_a_restart_is_named_as_long_as_it_waits(
    directory: Path, production: Endpoint, redis_server: RedisServer
) -> None:
    """Each SIGHUP compares the file with what is in force, not with what the last SIGHUP found."""
    config = directory / "understudy.toml"
    routes = f'[[routes]]\nprefix = "/"\nproduction = "{production.url}"\n'
    base = f'redis = "{redis_server.url}"\nsecret = "s"\n'
    config.write_text(base + routes)
    async with Serving(directory, "--config", str(config), "--role", "proxy") as serving:
        named = []
        for count, added in enumerate(("workers = 3\n", "workers = 3\n", ""), 1):
            config.write_text(base + added + routes)
            serving.signal(signal.SIGHUP)
            await serving.event("settings.reloaded", count)
            named.append(len(serving.events("settings.kept", settings=["workers"])))
        assert named == [1, 2, 2]


NO_START = {
    "empty": b"",
    "a comment": b"# soon\n",
    "cut before its routes": b'secret = "s"\n[redis]\nurl = "{redis}"\n[recording]\n',
    "without its secret": b'redis = "{redis}"\n[[routes]]\nprefix = "/"\nproduction = "{production}"\n',
    "half a character": b'secret = "\xc3',
    "nested without end": b"x = " + b"[" * 100_000,
    "a key that is none": b'secret = "s"\nredis = "{redis}"\n[[routes]]\nprefix = "/"\n'
    b'production = { url = "https://h", tls_cert = "understudy.toml" }\n',
}


async def test_what_a_start_refuses_a_reload_refuses(
    directory: Path, production: Endpoint, redis_server: RedisServer
) -> None:
    """Whatever has become of the file, clients are served by the settings before, and the log says what is wrong."""
    config = directory / "understudy.toml"
    urls = {"{redis}": redis_server.url, "{production}": production.url}
    good = f'secret = "s"\nredis = "{redis_server.url}"\n[[routes]]\nprefix = "/"\nproduction = "{production.url}"\n'
    config.write_text(good)
    async with Serving(directory, "--config", str(config), "--role", "proxy") as serving:
        for count, (case, written) in enumerate(NO_START.items(), 1):
            for name, url in urls.items():
                written = written.replace(name.encode(), url.encode())
            config.write_bytes(written)
            code, _, err = await serving.command("serve", "--config", str(config), "--role", "proxy")
            assert code == 2, case
            serving.signal(signal.SIGHUP)
            refused = await serving.event("settings.refused", count)
            assert err == f"understudy: {refused['error']}\n", case
            assert await serving.ask("GET", "/") == (200, '{"late": 0.25}'), case
        config.unlink()
        serving.signal(signal.SIGHUP)
        await serving.event("settings.refused", len(NO_START) + 1)
        config.mkdir()
        serving.signal(signal.SIGHUP)
        await serving.event("settings.refused", len(NO_START) + 2)
        config.rmdir()
        config.write_text(good)
        serving.signal(signal.SIGHUP)
        await serving.event("settings.reloaded")
        assert await serving.ask("GET", "/") == (200, '{"late": 0.25}')
        assert len(serving.events("settings.reloaded")) == 1
