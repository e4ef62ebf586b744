"""Two SageMaker captures of a shadow test, production's and a candidate's: joined, they are pairs already.

Amazon lays a capture down as <endpoint>/<variant>/yyyy/mm/dd/hh/<uuid>.jsonl; what is in a line, formats.py says. A
pair is two lines with the same request body and the same inferenceId (where the client sent one), at most a window
apart, of which each is the other's only one: one_to_one.py says when that is certain. A capture tells no latency, so
none of its pairs has one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from ground.near import did_you_mean
from loadtest.errors import SourceError
from loadtest.sources.deployments import variant_folder
from loadtest.sources.formats import CAPTURES
from loadtest.sources.one_to_one import Fate, OneToOne
from loadtest.sources.order import Steps, in_order
from loadtest.sources.source import Skips, SourceRequest
from loadtest.sources.table_reader import TableItem, TableReader
from loadtest.sources.tables import TableFlaw
from records.nouns import Exchange, Observation, Pair

WINDOW_S = 10.0
MAX_WINDOW_S = 3_600.0
MAX_FILES = 1_000_000

WITHOUT_ANSWER = "a capture without an answer"


@dataclass(slots=True)
class CaptureTally:
    """captured = paired + ambiguous + unmatched, of production's requests; the candidate's likewise, with the same
    pairs. `given_up`: of the unmatched of both, those that could not be waited for, since too much else was. `late`:
    lines that stood further out of order than a window, so that what they belong to may have been unmatched before.
    """

    captured: int = 0
    paired: int = 0
    ambiguous: int = 0
    unmatched: int = 0
    captured_candidate: int = 0
    ambiguous_candidate: int = 0
    unmatched_candidate: int = 0
    given_up: int = 0
    late: int = 0


class _CaptureFile(NamedTuple):
    hour: str
    path: Path
    is_production: bool


class _VariantItem(NamedTuple):
    item: TableItem
    is_production: bool


class SageMakerCaptures:
    """`directory`: the captures of both variants lie anywhere below it. `window_s`: how far the two lines of a request
    may lie apart, and how far those of a file out of order. Raises SourceError. Read once.
    """

    def __init__(self, directory: Path, production: str, candidate: str, window_s: float = WINDOW_S) -> None:
        if production == candidate:
            raise SourceError(f"production and candidate are both {production}: a shadow test has two variants")
        if not 0 <= window_s <= MAX_WINDOW_S:
            raise SourceError(f"a window is from 0 to {MAX_WINDOW_S:,.0f} s, not {window_s:g}")
        folders = _variants(directory)
        self._files = sorted(
            _CaptureFile("/".join(path.parts[-5:-1]), path, variant == production)
            for variant in (production, candidate)
            for path in _files_of(variant, folders, directory)
        )
        window_ns = int(window_s * 1e9)
        self._matching: OneToOne[SourceRequest, Observation] = OneToOne(window_ns, disorder_ns=window_ns)
        self.skips = Skips()
        self.tally = CaptureTally()

    def pairs(self, route: str, candidate: str) -> Iterator[Pair]:
        """`route`, `candidate`: what the pairs are to be called by. In about the order of time."""
        for fate in self._fates():
            self._count(fate)
            if fate.left is not None and fate.right is not None:
                yield _pair(fate.left, fate.right, route, candidate)

    def _fates(self) -> Iterator[Fate[SourceRequest, Observation]]:
        for _, files in groupby(self._files, key=lambda file: file.hour):
            for captured in in_order(list(files), _steps):
                yield from self._taken(captured)
        yield from self._matching.end()

    def _taken(self, captured: _VariantItem) -> list[Fate[SourceRequest, Observation]]:
        item, made = captured.item, captured.item.made
        if isinstance(made, TableFlaw):
            self.skips.add(made.reason, item.place)
        elif not isinstance(made, SourceRequest) or made.production is None:
            self.skips.add(WITHOUT_ANSWER, item.place)
        elif captured.is_production:
            self.tally.captured += 1
            return self._matching.add_left(_key(item.name, made), made.at_ns or 0, item.held_bytes, made)
        else:
            self.tally.captured_candidate += 1
            return self._matching.add_right(_key(item.name, made), made.at_ns or 0, item.held_bytes, made.production)
        return []

    def _count(self, fate: Fate[SourceRequest, Observation]) -> None:
        tally, is_production = self.tally, fate.left is not None
        tally.late = self._matching.late
        tally.given_up += fate.word == "given_up"
        if fate.word == "pair":
            tally.paired += 1
        elif fate.word == "ambiguous":
            tally.ambiguous += is_production
            tally.ambiguous_candidate += not is_production
        else:
            tally.unmatched += is_production
            tally.unmatched_candidate += not is_production


def _steps(file: _CaptureFile) -> Steps[_VariantItem]:
    for at_ns, item in TableReader(file.path, CAPTURES["sagemaker"], "eventMetadata.inferenceId").steps():
        yield at_ns, _VariantItem(item, file.is_production)


def _key(inference_id: str, made: SourceRequest) -> tuple[str, bytes]:
    """An id alone is no proof: clients number anew with each run."""
    return inference_id, blake2b(made.request.body.data, digest_size=16).digest()


def _pair(asked: SourceRequest, answered: Observation, route: str, candidate: str) -> Pair:
    if asked.production is None:
        raise ValueError("a capture without an answer is never matched")
    exchange = Exchange(id=asked.id, route=route, revision=0, request=asked.request, production=asked.production)
    return Pair(
        exchange=exchange,
        candidate=candidate,
        generation=1,
        observation=answered,
        queue_delay_ns=0,
        warming_up=False,
    )


def _files_of(variant: str, folders: Mapping[Path, list[Path]], directory: Path) -> list[Path]:
    found = [folder for folder in folders if folder.name == variant]
    if not found:
        there = sorted({folder.name for folder in folders})
        near = did_you_mean(variant, there)
        raise SourceError(f"there is no variant {variant!r} below {directory}{near}; there are {', '.join(there)}")
    if len(found) > 1:
        several = ", ".join(sorted(map(str, found)))
        raise SourceError(f"variant {variant!r} is there more than once: {several}; name the directory of one endpoint")
    return folders[found[0]]


def _variants(directory: Path) -> Mapping[Path, list[Path]]:
    """The files of captures by the folder of their variant."""
    folders: defaultdict[Path, list[Path]] = defaultdict(list)
    for number, path in enumerate(directory.resolve().rglob("*.jsonl*")):
        if number >= MAX_FILES:
            raise SourceError(f"more than {MAX_FILES:,} files below {directory}: name a directory with fewer hours")
        if (folder := variant_folder(path)) is not None:
            folders[folder].append(path)
    if not folders:
        raise SourceError(f"no captures below {directory}: they lie in <endpoint>/<variant>/yyyy/mm/dd/hh/<uuid>.jsonl")
    return folders
