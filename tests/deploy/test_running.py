"""What the image and compose.yaml would start, started: Redis, the four roles and their health checks, the models."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from examples.flights.models import MODELS
from tests.deploy.composed import Service, services
from tests.deploy.conftest import Installation
from tests.deploy.dockerfile import Stage
from tests.deploy.test_compose import SECRETS
from tests.deploy.test_healthcheck import HEALTHY, UNHEALTHY, health
from tests.places import ROOT
from tests.redis_server import binaries, free_port
from understudy.settings.model import ROLES


@pytest.fixture(scope="module")
def composed() -> dict[str, Service]:
    return services(ROOT / "compose.yaml", SECRETS)


@pytest.fixture(scope="module")
def redis_port(composed: dict[str, Service], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The store, started by compose.yaml's command on deploy/redis.conf, but for the port and the directory."""
    directory, port = tmp_path_factory.mktemp("redis"), free_port()
    configuration = directory / "redis.conf"
    text = (ROOT / "deploy" / "redis.conf").read_text("utf-8")
    text = text.replace("port 6379", f"port {port}\nbind 127.0.0.1").replace("dir /data", f"dir {directory}")
    configuration.write_text(text, "utf-8")
    service = composed["redis"]
    (script,) = service["command"]
    command = [*service["entrypoint"], script.replace("/usr/local/etc/redis/redis.conf", str(configuration))]
    (directory / "redis-server").symlink_to(next(iter(binaries().values())))
    path = f"{directory}:{os.environ['PATH']}"
    environment = service["environment"] | {"PATH": path}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = _until(process.stdout, "eady to accept connections")
        assert SECRETS["REDIS_PASSWORD"] not in said
        yield port
        process.terminate()


def test_redis_asks_for_the_password(redis_port: int) -> None:
    """Nobody gets at the recordings without the password, and the password is in no list of processes."""
    with redis.Redis(port=redis_port) as stranger, pytest.raises(redis.exceptions.AuthenticationError):
        stranger.ping()
    with redis.Redis(port=redis_port, password=SECRETS["REDIS_PASSWORD"]) as client:
        assert client.ping()
        pid = client.info("server")["process_id"]
    assert SECRETS["REDIS_PASSWORD"] not in Path(f"/proc/{pid}/cmdline").read_text("utf-8")


@pytest.mark.skipif(shutil.which("redis-cli") is None, reason="there is no redis-cli here")
@pytest.mark.parametrize(("password", "healthy"), [(SECRETS["REDIS_PASSWORD"], True), ("another", False)])
def test_redis_is_healthy_where_it_answers(
    composed: dict[str, Service], redis_port: int, password: str, healthy: bool
) -> None:
    """The health check logs in; it fails where it can't."""
    kind, script = composed["redis"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    script = script.replace("redis-cli", f"redis-cli -p {redis_port}")
    environment = {"PATH": os.environ["PATH"], "REDIS_PASSWORD": password}
    ended = subprocess.run(["sh", "-c", script], env=environment, check=False, timeout=30, capture_output=True)
    assert (ended.returncode == 0) is healthy


@pytest.mark.slow
@pytest.mark.timeout(300)  # eight interpreters start at once
def test_every_role_starts_is_healthy_and_stops(
    composed: dict[str, Service], stages: dict[str, Stage], installed: Installation, redis_port: int, tmp_path: Path
) -> None:
    """The four roles start from the wheel by compose.yaml's commands, are told healthy, and end with 0."""
    image = stages["understudy"]
    configuration = tmp_path / "understudy.toml"
    text = (ROOT / "deploy" / "understudy.toml").read_text("utf-8")
    configuration.write_text(_at_home(text), "utf-8")
    with ExitStack() as running:
        roles = {}
        for role in ROLES:
            data_dir = tmp_path / role
            variables = composed[role]["environment"]
            store = variables["UNDERSTUDY_REDIS"].replace("@redis:6379", f"@127.0.0.1:{redis_port}")
            command = [*image.last("ENTRYPOINT").command(), *composed[role]["command"]]
            command = [str(configuration) if word == "/etc/understudy/understudy.toml" else word for word in command]
            process = installed.start(
                command, data_dir,
                UNDERSTUDY_REDIS=store, UNDERSTUDY_SECRET=variables["UNDERSTUDY_SECRET"],
            )  # fmt: skip
            roles[role] = running.enter_context(process)
            running.callback(process.kill)
        for role, process in roles.items():
            assert process.stderr is not None
            _until(process.stderr, "serve.started")
            assert health(image, installed, tmp_path / role) == (HEALTHY, "healthy\n")
        for process in roles.values():
            process.send_signal(signal.SIGTERM)
        for role, process in roles.items():
            _, words = process.communicate(timeout=60)
            assert process.returncode == 0, words
            assert SECRETS["REDIS_PASSWORD"] not in words
            assert health(image, installed, tmp_path / role)[0] == UNHEALTHY


def test_the_models_options_are_accepted(composed: dict[str, Service], installed: Installation, tmp_path: Path) -> None:
    """A model's server understands its command line: it comes as far as its port, which is taken here."""
    production, skewed = composed["production"]["command"], composed["skewed"]["command"]
    assert skewed[:-1] == production[:-1]
    assert {production[-1], skewed[-1]} <= set(MODELS)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        here = {"9001": str(port), "0.0.0.0": "127.0.0.1"}
        command = [*composed["skewed"]["entrypoint"], *(here.get(word, word) for word in skewed)]
        with installed.start(command, tmp_path) as process:
            _, words = process.communicate(timeout=60)
    assert words.startswith(f"can't listen on 127.0.0.1:{port}: ")


def test_the_traffics_options_are_accepted(
    composed: dict[str, Service], installed: Installation, tmp_path: Path
) -> None:
    """The traffic's program has every option of its command line, and goes to the proxy's port."""
    service = composed["traffic"]
    with installed.start([*service["entrypoint"], "--help"], tmp_path) as process:
        words, _ = process.communicate(timeout=60)
    assert all(option in words for option in service["command"] if option.startswith("--"))
    url = service["command"][service["command"].index("--url") + 1]
    assert url == f"http://proxy:{composed['proxy']['ports'][0].rpartition(':')[2]}"


def _at_home(text: str) -> str:
    """The settings file with endpoints of this machine, where nobody listens: a role starts all the same."""
    return text.replace("production:9001", "127.0.0.1:1").replace("skewed:9001", "127.0.0.1:1")


def _until(lines: Iterable[str], words: str) -> str:
    """What was said before the line with these words."""
    said = ""
    for line in lines:
        if words in line:
            return said
        said += line
    pytest.fail(f"it ended without saying {words!r}, but: {said}")
