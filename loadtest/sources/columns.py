"""Traffic from tables: JSON Lines, CSV or Parquet, whose columns a map tells, or a cloud's capture.

Every row is a request, a skip with its reason, or the answer of a request whose row is another.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from loadtest.sources.deployments import ANOTHER, OneDeployment, check_folders
from loadtest.sources.formats import SplitRows, TableFormat
from loadtest.sources.one_to_one import Fate, OneToOne, Word
from loadtest.sources.order import Steps, in_order
from loadtest.sources.source import Skips, SourceRequest
from loadtest.sources.table_reader import TableItem, TableReader
from loadtest.sources.tables import TableFlaw
from records.nouns import Observation

_DISORDER_NS = 10_000_000_000  # how far the rows of a file may be out of order, where answers are rows of their own

_WITHOUT_REQUEST: dict[Word, str] = {
    "ambiguous": "an answer that could be another's: its name is not the only one",
    "alone": "an answer without its request",
    "given_up": "an answer whose request could not be waited for: too much else was waiting",
}


class ColumnSource:
    """`files` are read as one, in the order of time. `rows`: how many were read; each is a request that was given, a
    skip, or one of `joined`, the answers that went to their requests. What is assumed stands in the notes of its skips.
    Read once.
    """

    def __init__(self, files: Sequence[Path], table_format: TableFormat) -> None:
        self._files = files
        self._format = table_format
        self._deployment = OneDeployment(table_format.only)
        self.skips = Skips()
        self.rows = 0
        self.joined = 0

    def __iter__(self) -> Iterator[SourceRequest]:
        """Raises SourceError where they cannot be read on, and where they are of several deployments."""
        if self._format.folder_of is not None:
            check_folders((each.resolve() for each in self._files), self._format.folder_of)
        found = self._usable(in_order(self._files, self._steps))
        if self._format.split is not None:
            return self._with_answers(found, self._format.split)
        return (item.made for item in found if isinstance(item.made, SourceRequest))

    def _steps(self, path: Path) -> Steps[TableItem]:
        reader = TableReader(path, self._format, self._format.split.name if self._format.split is not None else "")
        for number, step in enumerate(reader.steps()):
            if number == 0:
                self._remark(reader)
            yield step
        self._remark(reader)

    def _remark(self, reader: TableReader) -> None:
        self.skips.notes += [each for each in reader.remarks if each not in self.skips.notes]

    def _usable(self, found: Iterator[TableItem]) -> Iterator[TableItem]:
        for item in found:
            self.rows += 1
            if isinstance(item.made, TableFlaw):
                self.skips.add(item.made.reason, item.place)
            elif self._deployment.has(item.deployment, item.place):
                yield item
            else:
                self.skips.add(ANOTHER, item.place)
        self._deployment.check()

    def _with_answers(self, found: Iterator[TableItem], split: SplitRows) -> Iterator[SourceRequest]:
        matching: OneToOne[TableItem, TableItem] = OneToOne(int(split.window_s * 1e9), _DISORDER_NS)
        for item in found:
            for fate in self._met(matching, item):
                yield from self._given(fate)
        for fate in matching.end():
            yield from self._given(fate)

    def _met(self, matching: OneToOne[TableItem, TableItem], item: TableItem) -> list[Fate[TableItem, TableItem]]:
        """A request without a name waits for its turn, and not for an answer: nobody else has its place for a key."""
        at_ns = item.at_ns or 0
        if isinstance(item.made, SourceRequest):
            key = (item.name, "" if item.name else item.place)
            return matching.add_left(key, at_ns, item.held_bytes, item)
        if item.name:
            return matching.add_right((item.name, ""), at_ns, item.held_bytes, item)
        self.skips.add("an answer that does not say of which request it is", item.place)
        return []

    def _given(self, fate: Fate[TableItem, TableItem]) -> Iterator[SourceRequest]:
        """A request, with its answer where it is certain which that is."""
        left, right = fate.left, fate.right
        if left is not None and isinstance(left.made, SourceRequest):
            if right is not None and isinstance(right.made, Observation):
                self.joined += 1
                yield left.made._replace(production=right.made)
            else:
                yield left.made
        elif right is not None:
            self.skips.add(_WITHOUT_REQUEST[fate.word], right.place)
