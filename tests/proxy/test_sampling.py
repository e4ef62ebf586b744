"""Which requests are recorded: the share that was asked for, whole users at a time, and no health checks."""

import pytest

from proxy.sampling import HealthPaths, Sampler, wants_noise
from proxy.settings import RouteSettings

SECRET = b"s" * 32
USERS = [f"user-{number}".encode() for number in range(4_000)]


def route(**settings: object) -> RouteSettings:
    return RouteSettings(prefix="/", production="http://m", **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(("ratio", "wanted"), [(0.0, 0), (0.25, 250), (1.0, 1000)])
def test_the_ratio_is_a_share_of_all_draws(ratio: float, wanted: int) -> None:
    """None at 0, all at 1."""
    sampler = Sampler(ratio, SECRET)
    assert sum(sampler.wants(number / 1000) for number in range(1000)) == wanted


def in_sample(sampler: Sampler) -> set[bytes]:
    return {user for user in USERS if sampler.wants_key(sampler.hash_key(user))}


def test_a_user_is_always_in_or_always_out() -> None:
    """The same on every host with this secret, and otherwise spread as the ratio says."""
    chosen = in_sample(Sampler(0.3, SECRET))
    assert chosen == in_sample(Sampler(0.3, SECRET))
    assert 0.27 < len(chosen) / len(USERS) < 0.33  # four standard errors: sqrt(0.3 * 0.7 / 4000) = 0.007


def test_a_larger_ratio_keeps_whom_it_had() -> None:
    """Turning sampling up adds users; it does not choose others."""
    assert in_sample(Sampler(0.1, SECRET)) < in_sample(Sampler(0.4, SECRET)) < in_sample(Sampler(1.0, SECRET))
    assert in_sample(Sampler(0.0, SECRET)) == set()


def test_a_key_is_kept_as_a_keyed_hash() -> None:
    """Who does not know the secret cannot tell whose it is."""
    ours, theirs = Sampler(1.0, SECRET).hash_key(b"user-1"), Sampler(1.0, b"other").hash_key(b"user-1")
    assert len(ours) == 16
    assert ours != theirs


IDS = [f"{number:032x}" for number in range(4_000)]


def asked_again(sample: float) -> set[str]:
    return {each for each in IDS if wants_noise(sample, each)}


def test_production_is_asked_again_for_the_same_exchanges_at_every_try() -> None:
    """By their ids alone: all at 1, a larger share keeps what it had. The values are fixed, whatever the release."""
    assert asked_again(1.0) == set(IDS)
    assert asked_again(0.02) < asked_again(0.1)
    assert 0.08 < len(asked_again(0.1)) / len(IDS) < 0.12  # four standard errors: sqrt(0.1 * 0.9 / 4000) = 0.005
    assert sorted(asked_again(0.001)) == [IDS[number] for number in (121, 1390, 1858, 2931, 3033, 3285)]


def test_what_is_asked_again_has_nothing_to_do_with_what_is_recorded() -> None:
    """Within the half of the users that is recorded, the share is the same."""
    recorded = {each for each in IDS if Sampler(0.5, SECRET).wants_key(Sampler(0.5, SECRET).hash_key(each.encode()))}
    assert 0.07 < len(asked_again(0.1) & recorded) / len(recorded) < 0.13  # four errors: sqrt(0.1 * 0.9 / 2000) = 0.007


HEALTH = HealthPaths(route(health_paths=("/internal/*/alive", "/exact.path")))


@pytest.mark.parametrize(
    "path",
    [
        b"/health", b"/healthz", b"/livez", b"/readyz", b"/ping", b"/metrics", b"/healthz/", b"/favicon.ico",
        b"/v2/health/live", b"/v2/health/ready", b"/v2", b"/v2/", b"/v2/models/m", b"/v2/models/m/ready",
        b"/v2/models/m/versions/1", b"/v2/models/m/versions/1/ready", b"/v2/models/m/config", b"/v2/repository/index",
        b"/v1/models/m", b"/v1/models/m/metadata", b"/v1/models", b"/prefix/v2/health/ready",
        b"/internal/any/thing/alive", b"/exact.path",
    ],
)  # fmt: skip
def test_knows_health_and_metadata_paths(path: bytes) -> None:
    """What asks whether a server lives, or what it serves."""
    assert HEALTH.has(b"GET", path)


@pytest.mark.parametrize(
    "path",
    [
        b"/v2/models/m/infer", b"/v2/models/m/versions/1/infer", b"/v1/models/m:predict", b"/invocations", b"/predict",
        b"/health/advice", b"/", b"/exactXpath", b"/internal/alive", b"/v1/models/m/versions/2:predict", b"/pingpong",
    ],
)  # fmt: skip
def test_knows_what_is_none(path: bytes) -> None:
    """Inference, and paths that only look like health."""
    assert not HEALTH.has(b"GET", path)


def test_a_post_to_metadata_is_inference() -> None:
    """Somebody's server may answer POST /v2/models/m; a POST to /ping is a health check all the same, and so is
    whatever the route itself calls one."""
    assert not HEALTH.has(b"POST", b"/v2/models/m")
    assert HEALTH.has(b"POST", b"/ping")
    assert HEALTH.has(b"POST", b"/exact.path")
