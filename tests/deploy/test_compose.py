"""compose.yaml, kept honest without an engine: its parts fit each other, the image and the settings."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from records.store import bounds, health
from tests.deploy.composed import Service, mounts, seconds, services, size
from tests.deploy.dockerfile import Stage
from tests.places import ROOT
from understudy.settings.checks import check, resolved
from understudy.settings.loading import load
from understudy.settings.model import ROLES, Settings

FILE = ROOT / "compose.yaml"
SECRETS = {"REDIS_PASSWORD": "a-password", "UNDERSTUDY_SECRET": "a-secret"}
MODELS = ("production", "skewed", "traffic")
LAST_WORDS_S = 10.0  # what a supervisor may need for its end beside its two settings


@pytest.fixture
def composed() -> dict[str, Service]:
    return services(FILE, SECRETS)


def settings_of(service: Service, stages: dict[str, Stage]) -> Settings:
    """What a role would read: the file that is mounted, over it the image's variables, over them the service's."""
    file = ROOT / mounts(service)[service["command"][2]]
    environment = stages["understudy"].environment() | service["environment"]
    settings = load(file, environment, {})
    check(settings)
    return resolved(settings, environment)


def test_a_service_for_each_role(composed: dict[str, Service]) -> None:
    """Each role is a service of its own, started by its name."""
    for role in ROLES:
        command = composed[role]["command"]
        assert command[0] == "serve"
        assert command[command.index("--role") + 1] == role


@pytest.mark.parametrize("secret", SECRETS)
def test_it_does_not_start_without_its_secrets(secret: str) -> None:
    """A secret that was forgotten is an error of the start, never an empty password."""
    with pytest.raises(KeyError, match=secret):
        services(FILE, {name: value for name, value in SECRETS.items() if name != secret})
    text = FILE.read_text("utf-8")
    assert not re.search(r"\$\{\w+\}", text), "a variable without :? is empty where it is not set"


def test_no_container_can_do_more_than_it_needs(composed: dict[str, Service], stages: dict[str, Stage]) -> None:
    """Read-only file systems, no capability, no way to gain one, bounded memory, processors and processes; no root."""
    for name, service in composed.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert size(service["mem_limit"]) > 0, name
        assert service["cpus"] > 0, name
        assert service["pids_limit"] > 0, name
        assert not {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc", "userns_mode"} & set(service)
        user = service.get("user") or stages[service["build"]["target"]].last("USER").rest
        assert not re.match(r"(root|0)\b", user), name


def test_images_are_ours_of_this_version_or_pinned(composed: dict[str, Service], stages: dict[str, Stage]) -> None:
    """What is built here is never pulled from somebody who chose the same name; what is pulled has a version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    for name, service in composed.items():
        if "build" in service:
            assert service["build"]["target"] in stages, name
            assert service["image"].endswith(f":{version}"), name
            assert service["pull_policy"] == "build", name
        else:
            assert re.fullmatch(r"[a-z]+:\d+\.\d+-[a-z]+", service["image"]), name


def test_what_is_mounted_and_joined_is_there(composed: dict[str, Service]) -> None:
    """Files that are mounted exist and are read-only; volumes and networks are declared, and none is left over."""
    document: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    volumes: set[str] = set()
    networks: set[str] = set()
    for service in composed.values():
        for volume in service.get("volumes", ()):
            what, *rest = volume.split(":")
            if what.startswith("./"):
                assert (ROOT / what).is_file()
                assert rest[1] == "ro"
            else:
                volumes.add(what)
        networks |= set(service["networks"])
    assert volumes == set(document["volumes"])
    assert networks == set(document["networks"])


@pytest.mark.parametrize("role", ROLES)
def test_each_roles_settings_are_accepted(composed: dict[str, Service], stages: dict[str, Stage], role: str) -> None:
    """The file and the variables make settings that no check refuses, with what a role alone must be told."""
    settings = settings_of(composed[role], stages)
    assert settings.redis == f"redis://:{SECRETS['REDIS_PASSWORD']}@redis:6379/0"
    assert settings.secret == SECRETS["UNDERSTUDY_SECRET"]
    assert settings.data_dir in mounts(composed[role]), "its counters or its token would be lost with the container"


def test_endpoints_are_reached_by_those_who_call_them(composed: dict[str, Service], stages: dict[str, Stage]) -> None:
    """The proxy shares a network with production, the mirror with each candidate, on the port that they listen on."""
    (route,) = settings_of(composed["proxy"], stages).routes
    calls = [("proxy", route.endpoint().url), *(("mirror", candidate.url) for candidate in route.candidates)]
    assert len(calls) == 2
    for caller, url in calls:
        host, port = url.removeprefix("http://").split(":")
        assert set(composed[caller]["networks"]) & set(composed[host]["networks"]), f"{caller} and {host}"
        command = composed[host]["command"]
        assert command[command.index("--port") + 1] == port
        assert f"127.0.0.1:{port}/" in " ".join(composed[host]["healthcheck"]["test"])
    for candidate in route.candidates:
        host = candidate.url.removeprefix("http://").split(":")[0]
        assert not set(composed["proxy"]["networks"]) & set(composed[host]["networks"]), "the proxy meets a candidate"
    for role in ROLES:
        assert set(composed[role]["networks"]) & set(composed["redis"]["networks"])


def test_published_ports_are_the_settings_and_of_this_host_alone(
    composed: dict[str, Service], stages: dict[str, Stage]
) -> None:
    """Proxy and admin are published on loopback, and nothing else is."""
    settings = settings_of(composed["admin"], stages)
    published = {name: service["ports"] for name, service in composed.items() if "ports" in service}
    ports = {"proxy": settings.listen.rpartition(":")[2], "admin": settings.admin.rpartition(":")[2]}
    assert published == {name: [f"127.0.0.1:{port}:{port}"] for name, port in ports.items()}


def test_redis_has_room_for_the_bounds(composed: dict[str, Service], stages: dict[str, Stage]) -> None:
    """Redis keeps what it is given, has the room that the roles insist on, and its container has more than it."""
    lines = (ROOT / "deploy" / "redis.conf").read_text("utf-8").splitlines()
    options = dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    settings = settings_of(composed["compare"], stages)
    candidates = sum(len(route.candidates) for route in settings.routes)
    needed = bounds.whole_bytes(settings.recording, candidates)
    info = {"maxmemory": str(size(options["maxmemory"])), "maxmemory_policy": options["maxmemory-policy"]}
    assert health.problems([info], needed) == []
    assert size(composed["redis"]["mem_limit"]) >= 2 * size(options["maxmemory"])
    assert options["appendonly"] == "yes"


def test_the_proxy_has_room_for_its_buffers(composed: dict[str, Service], stages: dict[str, Stage]) -> None:
    """Before its bound on captures is reached, the proxy is not killed for its memory."""
    command = composed["proxy"]["command"]
    workers = int(command[command.index("--workers") + 1])
    buffers = workers * settings_of(composed["proxy"], stages).recording.buffer_max_bytes
    assert size(composed["proxy"]["mem_limit"]) >= 2 * buffers


def test_a_stop_has_the_time_that_it_may_take(composed: dict[str, Service], stages: dict[str, Stage]) -> None:
    """Docker waits longer than the settings allow a stop to last."""
    for role in ROLES:
        settings = settings_of(composed[role], stages)
        needed_s = settings.drain_delay_s + settings.stop_deadline_s + LAST_WORDS_S
        assert seconds(composed[role]["stop_grace_period"]) >= needed_s


def test_the_models_are_where_the_image_has_them(composed: dict[str, Service], stages: dict[str, Stage]) -> None:
    """The image trains into the directory that the servers load from."""
    trained = [each.rest for each in stages["build-demo"].own if "examples.flights.train" in each.rest]
    for name in ("production", "skewed"):
        command = composed[name]["command"]
        assert [f"python -m examples.flights.train --models {command[command.index('--models') + 1]}"] == trained
    assert all(composed[name]["build"]["target"] == "demo" for name in MODELS)
