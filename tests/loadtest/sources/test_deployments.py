"""Traffic from a capture of several deployments: a load is of one of them."""

import json
from pathlib import Path

import pytest

from loadtest.errors import SourceError
from loadtest.sources.columns import ColumnSource
from loadtest.sources.formats import format_of
from tests.loadtest.sources.table_files import (
    GATEWAY_ROW,
    LEGACY_ROW,
    answer_of,
    azure_asked,
    azure_replied,
    file_of,
    read,
    sagemaker_line,
)


def test_more_events_than_can_wait_lose_nothing(tmp_path: Path) -> None:
    """Many requests and answers over many seconds come out in order, each with its own answer."""
    requests, answers = [], []
    for number in range(2_000):
        at = f"2026-03-01T12:{number // 60:02}:{number % 60:02}Z"
        asked = json.loads(azure_asked(f"r{number}", f"c{number}"))
        asked |= {"time": at, "data": [number], "contentrange": f"bytes 0-{len(str([number])) - 1}/*"}
        replied = json.loads(azure_replied(f"a{number}", f"c{number}"))
        replied |= {"time": at, "data": [-number], "contentrange": f"bytes 0-{len(str([-number])) - 1}/*"}
        requests.append(asked)
        answers.append(replied)
    files = (file_of(tmp_path, *requests, name="r.jsonl"), file_of(tmp_path, *answers, name="a.jsonl"))
    found, source = read("azure-ml", *files)
    assert [json.loads(each.request.body.data) for each in found] == [[number] for number in range(2_000)]
    assert [json.loads(answer_of(each).body.data) for each in found] == [[-number] for number in range(2_000)]
    assert source.joined == 2_000


# ---- one load is of one deployment


def _laid_down(tmp_path: Path, *folders: str) -> list[Path]:
    """A capture in each, as Amazon lays them down."""
    paths = [tmp_path / folder / "2026/03/01/12" for folder in folders]
    for path in paths:
        path.mkdir(parents=True)
    return [file_of(path, sagemaker_line("1,2", str(number))) for number, path in enumerate(paths)]


@pytest.mark.parametrize("folders", [("risk/AllTraffic", "risk/Shadow-01"), ("risk/AllTraffic", "fraud/AllTraffic")])
def test_captures_of_two_variants_or_endpoints_are_no_load(tmp_path: Path, folders: tuple[str, str]) -> None:
    """The error names the directory of each, to give one of them; nothing is read before it."""
    source = ColumnSource(_laid_down(tmp_path, *folders), format_of("sagemaker"))
    with pytest.raises(SourceError, match="captures of several variants") as refusal:
        next(iter(source))
    assert all(str(tmp_path / folder) in str(refusal.value) for folder in folders)
    assert source.rows == 0


def test_captures_of_one_variant_are_a_load_whatever_lies_beside_them(tmp_path: Path) -> None:
    """Its own directory gives them, over all its hours, and so does one whose files lie as nobody laid them."""
    first, _ = _laid_down(tmp_path, "risk/AllTraffic", "risk/Shadow-01")
    later = tmp_path / "risk/AllTraffic/2026/03/01/13"
    later.mkdir()
    second = file_of(later, sagemaker_line("3,4", "5"))
    assert len(read("sagemaker", first, second)[0]) == 2
    flat = [file_of(tmp_path, sagemaker_line("1,2", "3"), name=name) for name in ("a.jsonl", "b.jsonl")]
    assert len(read("sagemaker", *flat)[0]) == 2


def _of_two(name: str) -> tuple[list[str], str, str]:
    """Rows of two deployments in turn, and what each is called."""
    if name == "azure-ml":
        first, second = (f"/subscriptions/s/onlineEndpoints/e/deployments/{each}" for each in "dx")
        rows = [azure_asked("r1", "c1"), azure_replied("a1", "c1"), azure_asked("r2", "c2", second=1)]
        return [*rows[:2], rows[2].replace(first, second)], first, second
    if name == "gateway":
        return [json.dumps(GATEWAY_ROW), json.dumps(GATEWAY_ROW | {"served_entity_id": "f"})], "e", "f"
    metadata = {"endpoint_name": "risk", "model_name": "trees", "model_version": "1"}
    rows = [json.dumps(LEGACY_ROW | {"request_metadata": metadata | {"model_version": each}}) for each in "12"]
    return rows, "risk/trees/1", "risk/trees/2"


@pytest.mark.parametrize("name", ["azure-ml", "gateway", "legacy"])
def test_rows_of_two_deployments_are_no_load(tmp_path: Path, name: str) -> None:
    """No candidate can agree with two models' answers: the error names them, and how to choose."""
    lines, first, second = _of_two(name)
    capture = "azure-ml" if name == "azure-ml" else "databricks"
    with pytest.raises(SourceError) as refusal:
        read(capture, file_of(tmp_path, *lines))
    assert f"is of {second!r}, and rows before it of {first!r}" in str(refusal.value)
    assert f"only=={first}" in str(refusal.value)


@pytest.mark.parametrize("name", ["azure-ml", "gateway", "legacy"])
def test_one_of_several_deployments_can_be_chosen(tmp_path: Path, name: str) -> None:
    """The rows of the others are counted as left out; one that is not there is said, with those that are."""
    lines, first, second = _of_two(name)
    capture = "azure-ml" if name == "azure-ml" else "databricks"
    path = file_of(tmp_path, *lines)
    for chosen, left in ((first, 1), (second, len(lines) - 1)):
        found, source = read(f"{capture},only=={chosen}", path)
        assert len(found) == 1
        assert source.skips.counts == {"of another deployment than the one that was chosen": left}
    with pytest.raises(SourceError, match="no row is of 'g'") as refusal:
        read(f"{capture},only==g", path)
    assert first in str(refusal.value)
    assert second in str(refusal.value)


def test_a_chosen_deployment_is_found_behind_any_number_of_others(tmp_path: Path) -> None:
    """What is held of the others to be told is bounded."""
    rows = [GATEWAY_ROW | {"served_entity_id": f"e{number}"} for number in range(100)]
    found, source = read("databricks,only==e99", file_of(tmp_path, *rows))
    assert (len(found), source.skips.total) == (1, 99)
    with pytest.raises(SourceError, match=r"no row is of 'f'; there are e0, .*, e11$"):
        read("databricks,only==f", file_of(tmp_path, *rows))


def test_rows_that_do_not_say_whose_they_are_are_a_load(tmp_path: Path) -> None:
    """A served entity that is null is nobody else's; an endpoint without one is read as it always was."""
    rows = [GATEWAY_ROW, GATEWAY_ROW | {"served_entity_id": None}, GATEWAY_ROW]
    assert len(read("databricks", file_of(tmp_path, *rows))[0]) == 3
    bare = {name: cell for name, cell in GATEWAY_ROW.items() if name != "served_entity_id"}
    assert len(read("databricks", file_of(tmp_path, bare, name="bare.jsonl"))[0]) == 1
