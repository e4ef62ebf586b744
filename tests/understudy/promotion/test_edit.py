"""The edit: pasted into the settings it is what it says."""

import tomllib

import msgspec
import pytest
from msgspec.structs import replace

from calling.settings import EndpointSettings
from comparators.settings import CompareSettings, HeadSettings
from proxy.settings import BreakerSettings, CandidateSettings, NoiseSettings, SamplingSettings
from understudy.promotion.edit import FORMER, edit, former_name, promoted
from understudy.settings.checks import check
from understudy.settings.loading import SettingsError
from understudy.settings.model import Route, Settings

NEW = CandidateSettings(
    name="new",
    url="http://new:9002",
    version="1.1",
    timeout_s=5.0,
    headers={"X-Key": "hunter2", "X-Other": "env:OTHER"},
    breaker=BreakerSettings(failures=3),
    paused=True,
)
OTHER = CandidateSettings(name="other", url="http://other:9003", generation=4)
ROUTE = Route(
    prefix="/scoré",
    production="http://old:9001",
    methods=("POST", "PUT"),
    sampling=SamplingSettings(ratio=0.5),
    candidates=(NEW, OTHER),
)


def _pasted(route: Route, name: str = "new", former: str = FORMER, generation: int = 1) -> tuple[str, Route]:
    text = edit(route, name, promoted(route, name, former, generation))
    settings = msgspec.convert(tomllib.loads(text), Settings)
    check(settings)
    return text, settings.routes[0]


def test_the_candidate_and_production_change_places() -> None:
    """Addresses and versions do; the route stays as it was, and limits stay where they were."""
    _, after = _pasted(ROUTE)
    assert after.endpoint() == EndpointSettings(url="http://new:9002", version="1.1")
    assert (after.prefix, after.methods, after.sampling) == (ROUTE.prefix, ROUTE.methods, ROUTE.sampling)
    former = after.candidates[0]
    assert (former.name, former.url, former.version) == (FORMER, "http://old:9001", "")
    assert (former.timeout_s, former.breaker, former.paused) == (5.0, NEW.breaker, False)


def test_every_candidate_of_the_route_begins_a_new_epoch() -> None:
    """The former production by a generation that its name never had."""
    _, after = _pasted(ROUTE, generation=7)
    assert [(each.name, each.generation) for each in after.candidates] == [(FORMER, 7), ("other", 5)]


def test_every_setting_of_the_route_comes_through() -> None:
    """Nested tables, lists and header names, as they stand; but production's second endpoint, which is another's."""
    compare = CompareSettings(ignore=("/id", '/"x"'), heads=(HeadSettings(pointer="/a b", kind="score", atol=1e-12),))
    noise = NoiseSettings(sample=0.02, url="http://old:9009", headers={"X-A.b": "env:A"})
    route = replace(ROUTE, compare=compare, noise=noise, health_paths=("/ok*",), finish_abandoned=True)
    text, after = _pasted(route)
    expected = promoted(route, "new", FORMER, 1)
    assert (after.compare, after.noise, after.health_paths) == (compare, expected.noise, ("/ok*",))
    assert after.noise == replace(noise, url="")
    assert "# noise.url was" in text


def test_no_secret_is_shown_and_none_is_handed_to_another_endpoint() -> None:
    """The candidate's headers go with it; of others' headers only names of variables are shown."""
    text, after = _pasted(ROUTE)
    assert after.candidates[0].headers == {}
    assert "hunter2" not in text
    assert "was called with headers" in text
    text = edit(ROUTE, "other", promoted(ROUTE, "other", FORMER, 1))
    settings = msgspec.convert(tomllib.loads(text), Settings)
    assert settings.routes[0].candidates[1].headers == {"X-Key": "…", "X-Other": "env:OTHER"}
    with pytest.raises(SettingsError, match="X-Key"):
        check(settings)  # so that nobody starts with it
    assert text.startswith("# … stands for a value that is not shown")


def test_promoting_back_leads_back() -> None:
    """What was production is it again, and what replaced it the candidate."""
    _, once = _pasted(ROUTE)
    _, twice = _pasted(once, name=FORMER, generation=2)
    assert twice.endpoint().url == "http://old:9001"
    assert (twice.candidates[0].name, twice.candidates[0].url) == (FORMER, "http://new:9002")


def test_the_formers_name_is_nobody_elses() -> None:
    """It may be that of the candidate that is promoted."""
    assert former_name("new", {"new", "other"}) == FORMER
    assert former_name("new", {"new", "former"}) == "former-2"
    assert former_name("former", {"former", "other"}) == "former"
