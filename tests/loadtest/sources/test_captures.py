"""Two SageMaker captures as pairs: joined where that is certain, counted where it is not, and no latency made up."""

import gzip
import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparators.compare.latency import timing
from loadtest.errors import SourceError
from loadtest.sources.captures import CaptureTally, SageMakerCaptures
from records.nouns import Answer, Pair, Timings

START_S = 1_772_366_400  # 2026-03-01T12:00:00Z


class Line(NamedTuple):
    """One line of a capture: at what second, of which request, and what was answered."""

    second: int
    body: str
    answer: str
    inference_id: str = ""

    def written(self) -> str:
        at = datetime.fromtimestamp(START_S + self.second, UTC)
        metadata = {"eventId": f"event of {self.answer}", "inferenceTime": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return json.dumps(
            {
                "captureData": {
                    "endpointInput": _part("INPUT", self.body),
                    "endpointOutput": _part("OUTPUT", self.answer),
                },
                "eventMetadata": metadata | ({"inferenceId": self.inference_id} if self.inference_id else {}),
                "eventVersion": "0",
            }
        )

    @property
    def hour(self) -> str:
        return datetime.fromtimestamp(START_S + self.second, UTC).strftime("%Y/%m/%d/%H")


def _part(mode: str, data: str) -> dict[str, str | None]:
    return {"observedContentType": None, "mode": mode, "data": data, "encoding": "CSV"}


def _lay_down(root: Path, variant: str, lines: Iterable[Line], files: int = 1) -> None:
    """As an endpoint does, each hour's lines in turn over some files."""
    for number, line in enumerate(lines):
        path = root / "endpoint" / variant / line.hour / f"{number % files:08}-0000.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(line.written() + "\n")


def _joined(root: Path, window_s: float = 10) -> tuple[list[Pair], SageMakerCaptures]:
    captures = SageMakerCaptures(root, "AllTraffic", "Shadow-01", window_s)
    pairs = list(captures.pairs("risk", "shadow"))
    tally = captures.tally
    assert tally.captured == tally.paired + tally.ambiguous + tally.unmatched
    assert tally.captured_candidate == tally.paired + tally.ambiguous_candidate + tally.unmatched_candidate
    assert tally.paired == len(pairs)
    return pairs, captures


def _answers(pairs: Iterable[Pair]) -> list[tuple[str, str]]:
    return [(_text(pair.exchange.production.outcome), _text(pair.observation.outcome)) for pair in pairs]


def _text(outcome: object) -> str:
    assert isinstance(outcome, Answer)
    return outcome.body.data.decode()


def test_lines_of_one_inference_id_are_a_pair(tmp_path: Path) -> None:
    """Equal bodies are told apart by it; a line of the candidate alone is counted apart."""
    _lay_down(
        tmp_path, "AllTraffic", [Line(0, "1,2", "p1", "i1"), Line(1, "1,2", "p2", "i2"), Line(2, "x", "p3", "i3")]
    )
    _lay_down(tmp_path, "Shadow-01", [Line(1, "1,2", "c2", "i2"), Line(3, "1,2", "c1", "i1"), Line(3, "y", "c4", "i4")])
    pairs, captures = _joined(tmp_path)
    assert _answers(pairs) == [("p1", "c1"), ("p2", "c2")]
    assert captures.tally == CaptureTally(
        captured=3, paired=2, unmatched=1, captured_candidate=3, unmatched_candidate=1
    )  # fmt: skip


def test_an_id_alone_is_no_proof(tmp_path: Path) -> None:
    """A client that numbers anew with each run repeats its ids for other requests."""
    _lay_down(tmp_path, "AllTraffic", [Line(0, "1,2", "p1", "1")])
    _lay_down(tmp_path, "Shadow-01", [Line(0, "3,4", "c1", "1")])
    _, captures = _joined(tmp_path)
    assert (captures.tally.unmatched, captures.tally.unmatched_candidate) == (1, 1)


def test_without_ids_equal_bodies_are_a_pair_within_the_window(tmp_path: Path) -> None:
    """And outside of it they are not."""
    _lay_down(tmp_path, "AllTraffic", [Line(0, "1", "p1"), Line(0, "2", "p2"), Line(40, "3", "p3")])
    _lay_down(tmp_path, "Shadow-01", [Line(10, "1", "c1"), Line(11, "2", "c2"), Line(33, "3", "c3")])
    pairs, captures = _joined(tmp_path)
    assert _answers(pairs) == [("p1", "c1"), ("p3", "c3")]
    assert captures.tally.unmatched == captures.tally.unmatched_candidate == 1


def test_several_equal_bodies_are_ambiguous_and_never_guessed(tmp_path: Path) -> None:
    """Also where there are as many on each side, and where all of them were answered alike."""
    _lay_down(tmp_path, "AllTraffic", [Line(0, "1", "same"), Line(1, "1", "same"), Line(5, "2", "p")])
    _lay_down(tmp_path, "Shadow-01", [Line(0, "1", "same"), Line(1, "1", "same"), Line(5, "2", "c"), Line(6, "2", "c")])
    pairs, captures = _joined(tmp_path)
    assert pairs == []
    assert captures.tally == CaptureTally(captured=3, ambiguous=3, captured_candidate=4, ambiguous_candidate=4)


def test_a_pair_has_no_latency(tmp_path: Path) -> None:
    """A capture tells none, so the comparators count none, and none is made up of its seconds."""
    _lay_down(tmp_path, "AllTraffic", [Line(0, "1,2", "0.5", "i")])
    _lay_down(tmp_path, "Shadow-01", [Line(2, "1,2", "0.6", "i")])
    ((pair,), _) = _joined(tmp_path)
    assert timing(pair) == "no_timings"
    assert pair.exchange.production.timings == pair.observation.timings == Timings()
    assert (pair.exchange.route, pair.candidate, pair.generation) == ("risk", "shadow", 1)
    assert pair.exchange.id == "event of 0.5"
    assert (pair.exchange.request.method, pair.exchange.request.target) == ("POST", "/invocations")
    assert pair.exchange.request.headers == ((b"content-type", b"text/csv"),)
    assert pair.exchange.production.wall_ns == START_S * 10**9
    assert pair.observation.wall_ns == (START_S + 2) * 10**9


def test_the_turn_of_an_hour_parts_nothing(tmp_path: Path) -> None:
    """Production's line may lie in one hour's folder and the candidate's in the next one's."""
    _lay_down(tmp_path, "AllTraffic", [Line(3_599, "1", "p")])
    _lay_down(tmp_path, "Shadow-01", [Line(3_601, "1", "c")])
    pairs, _ = _joined(tmp_path)
    assert _answers(pairs) == [("p", "c")]


def test_damaged_lines_are_skips_and_the_others_are_joined(tmp_path: Path) -> None:
    """Each with its reason; a capture without an answer is one of them."""
    _lay_down(tmp_path, "AllTraffic", [Line(0, "1", "p")])
    _lay_down(tmp_path, "Shadow-01", [Line(0, "1", "c")])
    (path,) = tmp_path.rglob("AllTraffic/**/*.jsonl")
    silent = json.loads(Line(0, "2", "x").written())
    del silent["captureData"]["endpointOutput"]
    with path.open("ab") as file:
        file.write(b'{"captureData":\n\xff\xfe\n\n' + json.dumps(silent).encode() + b"\n" + b'{"captureData":{}}\n')
    pairs, captures = _joined(tmp_path)
    assert _answers(pairs) == [("p", "c")]
    assert captures.skips.counts == {
        "no JSON object": 1,
        "not UTF-8": 1,
        "a capture without an answer": 1,
        "a time that is neither RFC 3339 nor a number since 1970": 1,
    }


def test_a_gzip_that_ends_early_is_an_error(tmp_path: Path) -> None:
    """Packed captures are read, and a damaged one is not taken for a short one."""
    _lay_down(tmp_path, "AllTraffic", [Line(0, "1", "p")])
    _lay_down(tmp_path, "Shadow-01", [Line(0, "1", "c")])
    (path,) = tmp_path.rglob("Shadow-01/**/*.jsonl")
    packed = gzip.compress(path.read_bytes())
    path.unlink()
    path.with_suffix(".jsonl.gz").write_bytes(packed)
    assert len(_joined(tmp_path)[0]) == 1
    path.with_suffix(".jsonl.gz").write_bytes(packed[:-9])
    with pytest.raises(SourceError, match="its gzip is cut off"):
        _joined(tmp_path)


def test_a_variant_that_is_not_there_is_said_with_those_that_are(tmp_path: Path) -> None:
    """And a directory without captures, with how they lie."""
    with pytest.raises(SourceError, match=r"no captures below .*<endpoint>/<variant>/yyyy/mm/dd/hh/<uuid>.jsonl"):
        SageMakerCaptures(tmp_path, "AllTraffic", "Shadow-01")
    _lay_down(tmp_path, "AllTraffic", [Line(0, "1", "p")])
    _lay_down(tmp_path, "Shadow-01", [Line(0, "1", "c")])
    with pytest.raises(
        SourceError, match=r"no variant 'Shadow-02' .*did you mean Shadow-01\?; there are AllTraffic, Shadow-01"
    ):
        SageMakerCaptures(tmp_path, "AllTraffic", "Shadow-02")
    with pytest.raises(SourceError, match="both AllTraffic"):
        SageMakerCaptures(tmp_path, "AllTraffic", "AllTraffic")
    for window_s in (-1, float("nan"), 1e9):
        with pytest.raises(SourceError, match="a window is from 0 to 3,600 s"):
            SageMakerCaptures(tmp_path, "AllTraffic", "Shadow-01", window_s)


def test_a_variant_of_two_endpoints_is_refused(tmp_path: Path) -> None:
    """Their captures are of different traffic; each endpoint's directory alone is taken."""
    for endpoint in ("one", "two"):
        _lay_down(tmp_path / endpoint, "AllTraffic", [Line(0, "1", "p")])
        _lay_down(tmp_path / endpoint, "Shadow-01", [Line(0, "1", "c")])
    with pytest.raises(SourceError, match=r"there more than once: .*name the directory of one endpoint"):
        SageMakerCaptures(tmp_path, "AllTraffic", "Shadow-01")
    assert len(_joined(tmp_path / "two")[0]) == 1


def _expected(
    production: list[Line], candidate: list[Line], window_s: int
) -> tuple[CaptureTally, Counter[tuple[str, str]]]:
    """By looking at all lines at once."""

    def near(line: Line, others: list[Line]) -> list[Line]:
        return [
            other
            for other in others
            if (other.body, other.inference_id) == (line.body, line.inference_id)
            and abs(other.second - line.second) <= window_s
        ]

    tally = CaptureTally(captured=len(production), captured_candidate=len(candidate))
    pairs: Counter[tuple[str, str]] = Counter()
    for line in production:
        others = near(line, candidate)
        if len(others) == 1 and len(near(others[0], production)) == 1:
            tally.paired += 1
            pairs[line.answer, others[0].answer] += 1
        else:
            tally.ambiguous += bool(others)
            tally.unmatched += not others
    for line in candidate:
        others = near(line, production)
        if not (len(others) == 1 and len(near(others[0], candidate)) == 1):
            tally.ambiguous_candidate += bool(others)
            tally.unmatched_candidate += not others
    return tally, pairs


_side = st.lists(
    st.tuples(st.integers(3_540, 3_660), st.sampled_from(["1", "2", "3,4"]), st.sampled_from(["", "", "i", "j"])),
    max_size=15,
)


@settings(max_examples=150, deadline=None)
@given(_side, _side, st.integers(0, 15), st.integers(1, 3), st.randoms(use_true_random=False))
def test_the_tally_is_that_of_looking_at_all_lines_at_once(
    tmp_path_factory: pytest.TempPathFactory,
    production: list[tuple[int, str, str]],
    candidate: list[tuple[int, str, str]],
    window_s: int,
    files: int,
    random: Random,
) -> None:
    """However lines are spread over files and interleaved within the window, with duplicates and missing ones."""
    root = tmp_path_factory.mktemp("captures")
    sides = {}
    for variant, rows in (("AllTraffic", production), ("Shadow-01", candidate)):
        lines = [Line(at, body, f"{variant} {number}", name) for number, (at, body, name) in enumerate(rows)]
        lines.append(Line(3_700, f"only {variant}", variant))  # so that both variants are there
        sides[variant] = lines
        _lay_down(root, variant, sorted(lines, key=lambda line: line.second + random.uniform(0, window_s)), files)
    tally, expected = _expected(sides["AllTraffic"], sides["Shadow-01"], window_s)
    pairs, captures = _joined(root, window_s)
    assert captures.tally == tally
    assert Counter(_answers(pairs)) == expected
