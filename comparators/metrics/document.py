"""A document: what a person is shown of a report, as blocks in the order in which they stand. Pure data.

Who makes one decides what is said and in which order (evidence/document/ does, of a report); a renderer draws blocks
and decides nothing, so what one format shows, all show. Each text in a block has been through a view. Our own words are
plain strings; whatever came with the traffic or with settings is `Code`, which a renderer escapes for where it stands.
"""

from typing import Literal

from msgspec import Struct

from comparators.metrics.address import MetricAddress
from comparators.metrics.definition import Definition
from comparators.metrics.metric import Metric

Side = Literal["production", "candidate"]


class Code(Struct, frozen=True, tag="code"):
    """A path, a name, a label, a piece of a body: none of our words, and hostile."""

    text: str


class Number(Struct, frozen=True, tag="number"):
    """`unit`: count, evidence (an e-value), or one of a metric's. None: not known."""

    value: float | None
    unit: str


class Moment(Struct, frozen=True, tag="moment"):
    """RFC 3339."""

    at: str


class Mark(Struct, frozen=True, tag="mark"):
    """A word that says how good something is for the candidate."""

    text: str
    tone: Literal["better", "worse"]


class MetricValue(Struct, frozen=True, kw_only=True, tag="metric"):
    """A metric where it is shown. `signed`: it is a difference, and reads with a sign. Its sums are in the report.

    `address` is its spelling (address.py); "" of what is none of the report's metrics, such as a slice's complement.
    """

    address: str
    label: str
    value: float | None
    lo: float | None
    hi: float | None
    n: int
    unit: str
    method: str
    reason: str = ""
    signed: bool = False

    @classmethod
    def of(cls, address: MetricAddress, metric: Metric, about: Definition) -> "MetricValue":
        return cls(
            address=str(address),
            label=about.label,
            value=metric.value,
            lo=metric.lo,
            hi=metric.hi,
            n=metric.n,
            unit=metric.unit,
            method=metric.method,
            reason=metric.reason,
            signed=about.is_difference,
        )


Inline = str | Code | Number | Moment | Mark | MetricValue
Line = tuple[Inline, ...]  # read one after the other; blanks between them stand in the words


class Heading(Struct, frozen=True, tag="heading"):
    """`level` 1 is the document's, 2 a chapter's, 3 a section's. `about` is said beside it, more quietly."""

    level: Literal[1, 2, 3]
    title: Line
    about: Line = ()


class Note(Struct, frozen=True, tag="note"):
    """A sentence; `aside` for who wants to know more, `warning` for what nobody must miss."""

    line: Line
    weight: Literal["plain", "aside", "warning"] = "plain"


class Metrics(Struct, frozen=True, tag="metrics"):
    """Metrics one below the other; `headline`: the few that a reader looks for first."""

    metrics: tuple[MetricValue, ...]
    headline: bool = False


class IntervalBar(Struct, frozen=True, tag="interval_bar"):
    """A share and its interval on a scale from 0 to `end`, which holds them."""

    value: float | None
    lo: float
    hi: float
    end: float


class TableColumn(Struct, frozen=True, tag="column"):
    """`drawn`: its shares are drawn as bars too, where a renderer can."""

    title: str
    drawn: bool = False


class Rest(Struct, frozen=True, tag="rest"):
    """So many are not listed: `and 12 at further paths`."""

    number: int
    where: str


class Table(Struct, frozen=True, tag="table"):
    """Each row has a cell for each column."""

    title: Line
    columns: tuple[TableColumn, ...]
    rows: tuple[Line, ...]
    rest: Rest | None = None


class Curve(Struct, frozen=True, tag="curve"):
    """The share of a side's values in each column; `beyond`: the share that is known to lie right of all of them."""

    side: Side
    shares: tuple[float, ...]
    beyond: float = 0.0


class Histogram(Struct, frozen=True, tag="histogram"):
    """Distributions over the same columns, equally wide on this scale, between `edges` in `unit`."""

    title: str
    unit: str
    edges: tuple[float, ...]
    curves: tuple[Curve, ...]
    scale: Literal["linear", "log"]


class Bars(Struct, frozen=True, tag="bars"):
    """A share for each place of a chart, of what one side does alone; `title` says what that is."""

    side: Side
    title: str
    shares: tuple[float, ...]


class BarChart(Struct, frozen=True, tag="bar_chart"):
    """For each of `places`, which are in `unit` and in their order, the shares of both series, one upon the other.
    `set_at`: those of the places, counted from 0, that settings name.
    """

    title: str
    unit: str
    places: tuple[float, ...]
    series: tuple[Bars, ...]
    set_at: tuple[int, ...] = ()

    @property
    def totals(self) -> tuple[float, ...]:
        """At each place."""
        return tuple(map(sum, zip(*(each.shares for each in self.series), strict=True)))


class Listing(Struct, frozen=True, tag="list"):
    """Lines of equal standing."""

    items: tuple[Line, ...]


class Snippet(Struct, frozen=True, tag="snippet"):
    """Lines to paste into a file of this language, as they are."""

    language: str
    lines: tuple[str, ...]


class Excerpt(Struct, frozen=True, tag="excerpt"):
    """The beginning of a body, whose it is ("" for the request's), and how many more characters it has: None, where
    nobody knows.
    """

    side: Side | Literal[""]
    about: str
    text: str
    left_out: int | None


class ExampleBlock(Struct, frozen=True, tag="example"):
    """One pair: which, when, what was asked for, where the answers differ, and how they begin. `left_out` is the
    request's, as an excerpt has it.
    """

    id: str
    at: str
    request: str
    left_out: int | None
    places: tuple[Line, ...]
    excerpts: tuple[Excerpt, ...]


Block = Heading | Note | Metrics | IntervalBar | Table | Histogram | BarChart | Listing | Snippet | ExampleBlock
Blocks = tuple[Block, ...]
