"""A table's file, read by its format: what each row came to, and when. Who reads it counts what could not be used."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ground.near import did_you_mean
from loadtest.errors import SourceError
from loadtest.sources.cells import Cells, cell, words
from loadtest.sources.formats import TableForm, TableFormat
from loadtest.sources.messages import Unusable
from loadtest.sources.order import Steps
from loadtest.sources.source import SourceRequest
from loadtest.sources.tables import TableFlaw, TableRow, absent, rows
from loadtest.sources.translation import Translation
from records.nouns import Answer, Observation

ITEM_BYTES = 2_048  # that a request or an answer takes in memory beside its body

_NAMES_TOLD = 12


class TableItem(NamedTuple):
    """What a row came to: a request, an answer that is a row of its own, or nothing.

    `name`: what stands in the column that the reader was asked for. `deployment`: whose row it is, where it says so.
    """

    place: str
    name: str
    made: SourceRequest | Observation | TableFlaw
    deployment: str = ""

    @property
    def at_ns(self) -> int | None:
        if isinstance(self.made, SourceRequest):
            return self.made.at_ns
        return self.made.wall_ns if isinstance(self.made, Observation) else None

    @property
    def held_bytes(self) -> int:
        """About what it takes in memory."""
        if isinstance(self.made, SourceRequest):
            return ITEM_BYTES + self.made.request.body.size + _answer_bytes(self.made.production)
        return ITEM_BYTES + (_answer_bytes(self.made) if isinstance(self.made, Observation) else 0)


class TableReader:
    """Reads a file once. `name`: the column whose text is each item's name; empty for none.

    Raises SourceError for a file that has not the columns that the format wants.
    """

    def __init__(self, path: Path, table_format: TableFormat, name: str = "") -> None:
        self._path = path
        self._format = table_format
        self._name = name
        self._form = _form_of(path, table_format)
        self._requests = Translation(self._form.columns, trusts_types=table_format.trusts_types)
        self._answers = self._requests
        if table_format.split is not None:
            self._answers = Translation(table_format.split.answers, trusts_types=table_format.trusts_types)

    @property
    def remarks(self) -> list[str]:
        """What is assumed, in words; complete once the first rows were read."""
        of_file = [f"{self._path.name}: {self._requests.times.remark}"] if self._requests.times.remark else []
        return [*self._form.remarks, *self._requests.remarks, *self._answers.answer_remarks, *of_file]

    def steps(self) -> Steps[TableItem]:
        for row in rows(self._path):
            item = self._item(row)
            yield item.at_ns, item

    def _item(self, row: TableRow | TableFlaw) -> TableItem:
        if isinstance(row, TableFlaw):
            return TableItem(row.place, "", row)
        try:
            made = self._made(row)
            name = self._name and words(cell(row.cells, self._name))
            return TableItem(row.place, name, made, self._form.deployment(row.cells))
        except Unusable as refusal:
            return TableItem(row.place, "", TableFlaw(row.place, refusal.reason))

    def _made(self, row: TableRow) -> SourceRequest | Observation:
        split, check = self._format.split, self._format.check
        half = "request" if split is None else split.half(row.cells)
        if check is not None:
            check(row.cells)
        return self._requests.request(row) if half == "request" else self._answer(row.cells)

    def _answer(self, cells: Cells) -> Observation:
        found = self._answers.production(cells, self._answers.at_ns(cells) or 0)
        if found is None:
            raise Unusable("no answer body")
        return found


def _form_of(path: Path, table_format: TableFormat) -> TableForm:
    """The first whose columns the file has."""
    refusals = []
    for form in table_format.forms:
        wanted = [each for each in form.columns.columns.values() if each not in table_format.may_lack]
        missing, there = absent(path, wanted)
        if not missing:
            return form
        refusals.append((form, missing, there))
    raise SourceError(_without_form(path, refusals) if len(refusals) > 1 else _without_column(path, *refusals[0][1:]))


def _without_column(path: Path, missing: Sequence[str], there: Sequence[str]) -> str:
    """The file has one of these columns too few."""
    column = missing[0]
    return f"{path} has no column {column!r}{did_you_mean(column, there)}; there are {_listed(there)}"


def _without_form(path: Path, refusals: Sequence[tuple[TableForm, Sequence[str], Sequence[str]]]) -> str:
    """What each form would need besides, the nearest first."""
    nearest = sorted(refusals, key=lambda each: len(each[1]))
    needs = [f"one of {form.name} has {', '.join(missing)} too" for form, missing, _ in nearest]
    there = max((names for _, _, names in refusals), key=len)
    return f"{path} is none of the tables that are known: {'; '.join(needs)}; there are {_listed(there)}"


def _listed(names: Iterable[str]) -> str:
    told = list(names)
    return ", ".join(told[:_NAMES_TOLD]) + (f" and {len(told) - _NAMES_TOLD} more" if len(told) > _NAMES_TOLD else "")


def _answer_bytes(production: Observation | None) -> int:
    return production.outcome.body.size if production and isinstance(production.outcome, Answer) else 0
