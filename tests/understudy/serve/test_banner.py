"""What `serve` prints at its start."""

import pytest
from msgspec.structs import replace

from proxy.settings import CandidateSettings, NoiseSettings, SamplingSettings
from records.settings import KeptSettings, RedisSettings
from records.store.health import StoreHealth
from understudy.control import changes
from understudy.control.overlay import Overlay
from understudy.serve import banner
from understudy.settings.bounds import Bounds
from understudy.settings.model import Route, Settings

SETTINGS = Settings(
    redis=RedisSettings(url="redis://me:hunter2@redis.internal:6379/0"),
    secret="hunter2",
    routes=(
        Route(
            prefix="/v2",
            production="http://127.0.0.1:9001",
            sampling=SamplingSettings(ratio=0.25, key="X-User"),
            candidates=(
                CandidateSettings(name="new", url="http://127.0.0.1:9002", headers={"Authorization": "hunter2"}),
            ),
            noise=NoiseSettings(sample=0.02, headers={"Authorization": "hunter2"}),
        ),
        Route(
            prefix="/",
            production="http://127.0.0.1:9001",
            noise=NoiseSettings(sample=1.0, url="http://me:hunter2@127.0.0.1:9004", max_in_flight=8),
        ),
    ),
)
SOUND = StoreHealth(reachable=True, version="Redis 7.0.15", store_id="1")


def described(health: StoreHealth = SOUND, overlay: Overlay | None = None) -> str:
    assert isinstance(SETTINGS.redis, RedisSettings)
    store = banner.store_words(SETTINGS.redis, None)
    return banner.described(SETTINGS, {"listen": "127.0.0.1:8080"}, store, health, overlay or Overlay())


def test_a_header_that_candidates_do_not_get_is_said() -> None:
    """Where users are told apart by it; not where it is kept, and not of a route without candidates."""
    store = banner.store_words(RedisSettings(url="redis://h"), None)
    for kept, times in ((KeptSettings(), 1), (KeptSettings(headers=("x-user",)), 0)):
        text = banner.described(replace(SETTINGS, kept=kept), {}, store, SOUND, Overlay())
        assert text.count("! withheld from candidates: X-User (name it in [kept] headers") == times


def test_routes_endpoints_sampling_store_and_bounds_are_said() -> None:
    """Everything that decides what will happen, on one screen."""
    text = described()
    for words in (
        "clients      127.0.0.1:8080",
        "store        redis://***@redis.internal:6379/0 (Redis 7.0.15)",
        "512 MiB of waiting exchanges, 256 MiB of pairs a candidate and 64 MiB of samples, ",
        "nothing older than 24 h, bodies to 1 MiB",
        "/v2  (route v2)",
        "0.25 of POST by X-User",
        "new  http://127.0.0.1:9002  from now, at most 32 at once",
        "0.02 of requests once more to production, for each candidate, at most 4 at once",
        "1 of requests once more to http://***@127.0.0.1:9004, for each candidate, at most 8 at once",
        "none: traffic is recorded, and compared with nothing",
    ):
        assert words in text


def test_the_embedded_servers_program_is_said() -> None:
    """Of several that may be installed, which one keeps the recordings, and where it is reached."""
    words = banner.store_words(RedisSettings(url="unix:///data/redis.sock"), "/opt/bin/valkey-server")
    text = banner.described(SETTINGS, {}, words, SOUND, Overlay())
    assert "store        embedded, /opt/bin/valkey-server on unix:///data/redis.sock (Redis 7.0.15)" in text


def test_no_secret_is_printed() -> None:
    """Neither user info nor header nor secret."""
    assert "hunter2" not in described()


@pytest.mark.parametrize(
    "url",
    [
        "redis://:it's-hunter2@h:1/0",
        'rediss://me:"hunter2 @h/0',
        "redis://me:it%27s%2Fhunter2@h/0",
        "redis://:1/hunter2@h/0",
        "unix://me:hunter2@/run/redis.sock",
        "unix:///run/redis.sock?password=hunter2",
        "redis://h:1/0?db=1&password=hunter2",
        "redis://me:hunter2@[::1",
    ],
)
def test_no_password_of_the_store_is_printed(url: str) -> None:
    """Whatever it holds, and however the URL gives it."""
    assert "hunter2" not in banner.store_words(RedisSettings(url=url), None)


def test_a_store_that_is_away_or_unsound_is_said() -> None:
    """And what that means."""
    assert "can't be used: the proxy serves on" in described(StoreHealth(reachable=False))
    unsound = StoreHealth(reachable=True, problems=("maxmemory-policy is allkeys-lru",))
    assert "! maxmemory-policy is allkeys-lru" in described(unsound)


def test_what_was_changed_at_run_time_is_said() -> None:
    """What is in force over the file, and what the file contradicts."""
    bounds = Bounds(hosts=("*",), credentials=frozenset())
    overlay = changes.change(SETTINGS.routes, Overlay(), "new", {"paused": True}, bounds)
    added = {"name": "late", "url": "http://127.0.0.1:9003", "route": "v2"}
    overlay = changes.add(SETTINGS.routes, overlay, added, bounds)
    text = described(overlay=overlay)
    for words in ("candidate late was added", "paused of candidate new", "at most 32 at once, paused"):
        assert words in text
    gone = changes.sample((Route(prefix="/gone", production="http://h"),), Overlay(), "gone", {"ratio": 0.5})
    assert "change of sampling of route gone: the file no longer has it" in described(overlay=gone)
    far = changes.add(SETTINGS.routes, Overlay(), {**added, "url": "http://10.0.0.9:1"}, bounds)
    assert "candidate late, added at run time: url = " in described(overlay=far)
    assert "the file does not allow this host" in described(overlay=far)
