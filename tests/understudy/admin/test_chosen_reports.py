"""Reports over the API of chosen versions and epochs."""

import pytest

from proxy.settings import CandidateSettings
from records.settings import RedisSettings
from records.store.store import Store
from tests.comparators.staging import CANDIDATE
from tests.comparators.stored.test_current import compared, of_versions
from tests.redis_server import RedisServer
from tests.understudy.admin.test_admin import Api, api, follower
from understudy.settings.model import Route, Settings

__all__ = ["api", "follower"]  # fixtures

REPORT = f"/api/report?candidate={CANDIDATE}"


@pytest.fixture
def settings(redis_server: RedisServer, tmp_path) -> Settings:
    route = Route(
        prefix="/",
        production="http://127.0.0.1:9001",
        candidates=(CandidateSettings(name=CANDIDATE, url="http://127.0.0.1:9002", generation=1),),
    )
    return Settings(redis=RedisSettings(url=redis_server.url), data_dir=str(tmp_path), secret="s", routes=(route,))


async def test_a_report_is_of_the_versions_and_the_epoch_asked_for(api: Api, store: Store) -> None:
    """Without a parameter of those that answered last."""
    await compared(store, of_versions(("1", "2"), ("1", "2"), ("1", "3")))
    for query, epoch, pairs in (
        ("", 2, 1),
        ("&candidate_version=2", 1, 2),
        ("&candidate_version=3&production_version=1", 2, 1),
        ("&production_version=7", 0, 0),
        ("&epoch=1", 1, 2),
        ("&epoch=2&candidate_version=2", 0, 0),
    ):
        status, report = await api("GET", REPORT + query)
        assert (status, report["epoch"], report["metrics"]["disagreement.rate"]["n"]) == (200, epoch, pairs)


@pytest.mark.parametrize(
    ("epoch", "status", "detail"),
    [
        ("9", 404, "cand has no epoch 9; the latest are none yet"),
        ("-1", 400, "epoch = -1: expected the number of an epoch, as a report has it"),
        ("1e3", 400, "expected the number of an epoch"),
        ("", 400, "expected the number of an epoch"),
        ("9" * 5000, 400, "expected the number of an epoch"),
    ],
)
async def test_no_other_epoch_passes_for_the_one_asked_for(api: Api, epoch: str, status: int, detail: str) -> None:
    """Neither one that is not there, nor a number that is none."""
    found, problem = await api("GET", f"{REPORT}&epoch={epoch}")
    assert (found, problem["status"]) == (status, status)
    assert detail in problem["detail"]
