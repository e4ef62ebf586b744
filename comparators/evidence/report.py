"""The report: the JSON face of a candidate's evidence. What it holds; everything a renderer prints is in it.

Keys are stable within SCHEMA, new ones may be added. Names that came with the traffic (paths, plans) are shown through
the view, which hides what a person must not see. building.py makes it.
"""

from typing import Any, Literal

from msgspec import Struct, field

from comparators.compare.detail import Detail
from comparators.evidence.breakage import Breakage
from comparators.evidence.distributions import Chart, Distribution
from comparators.evidence.hints import AlwaysOtherPath, VolatilePath
from comparators.evidence.load import LoadReport
from comparators.evidence.noise import PathExcess
from comparators.evidence.output_hints import OutputHint
from comparators.evidence.tolerances import Tolerance
from comparators.evidence.versions import WHICHEVER, VersionChoice
from comparators.extract.version import ModelVersion
from comparators.metrics.metric import Metric
from comparators.pairs.examples import Example
from comparators.pairs.farthest_pairs import FarthestPair
from comparators.pairs.summary import Span
from comparators.plans.grounds import Grounds
from comparators.settings import Source
from comparators.slices.conditions import Condition
from comparators.slices.finder import Rate, SliceReport
from ground.moments import moment
from records.silence import Silence

SCHEMA = 2


class Window(Struct, frozen=True):
    """RFC 3339, of the first and the last request that was compared; None where there is none."""

    start: str | None = field(name="from")
    end: str | None = field(name="to")

    @classmethod
    def of(cls, span: Span) -> "Window":
        start, end = (None if each is None else moment(each) for each in (span.first_ns, span.last_ns))
        return cls(start, end)


class DifferenceCount(Struct, frozen=True, kw_only=True):
    """A kind of difference at a path, and in how many of the compared requests it was found."""

    kind: str
    path: str
    words: str
    requests: int
    share: float


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of the same requests at both endpoints. `better`, `worse` or `same`, seen from the candidate."""

    production: str
    candidate: str
    pairs: int
    effect: str


class RowCounts(Struct, frozen=True, kw_only=True):
    """Of `requests`, whatever their number of rows; 0 of a kind that is not compared row by row."""

    requests: int = 0
    rows: int = 0
    disagreeing: int = 0


class HeadReport(Struct, frozen=True, kw_only=True):
    """One output: what it is, on which values that rests, how they differ, and what a person looks at besides.
    `compared`: what decides whether a row disagrees; "" where all of it does. `decides`: its disagreement is one of
    decisions. `rows`: of the requests that were read as rows of its kind. `hints`: where the rate would mislead.
    `tolerance`: within what its numbers agree; None where it has none, or other settings compared it than are known.
    """

    head: str
    kind: str
    decided_by: str
    grounds: Grounds
    compared: str
    decides: bool
    rows: RowCounts
    metrics: dict[str, Metric]
    distributions: dict[str, Distribution]
    details: list[Detail]
    hints: list[OutputHint]
    tolerance: Tolerance | None = None


class PlanReport(Struct, frozen=True, kw_only=True):
    """One kind of request behind the route's prefix: its rates are its own, undiluted by the others. How it is read and
    compared rests on so many `answers` of production; `provisional` where these are too few.
    """

    plan: str
    model: str
    epoch: int
    versions: dict[str, ModelVersion]  # as those of the report
    protocol: str
    decided_by: str
    revision: int
    answers: int
    provisional: bool
    pairs: int
    compared: int
    incomparable: dict[str, int]
    rows: int
    rows_disagreeing: int
    metrics: dict[str, Metric]
    heads: list[HeadReport]
    noise: list[PathExcess]  # of the requests that production was asked twice
    noise_not_listed: int
    outcomes: list[Outcome]
    outcomes_not_listed: int
    differences: list[DifferenceCount]
    differences_not_listed: int
    volatile: list[VolatilePath]  # where ignoring a path would tell more
    always_other: list[AlwaysOtherPath]  # where nearly every answer differs, and it may be the model's
    latency_excluded: dict[str, int]
    distributions: dict[str, Distribution]
    chart: Chart | None


class PlanSlice(SliceReport, frozen=True, kw_only=True):
    """Requests of one kind, told by what they ask, and how much they disagree; `named`: more than the others. `later`:
    what tells them apart was first seen after the first requests, and they are counted from then on.
    """

    plan: str
    later: bool = False


class DistanceSlice(Struct, frozen=True, kw_only=True):
    """Requests of one kind among which both answers are further apart, in one output, than among all others: by the
    mean, which is told in `unit`, or by the octaves (slices/octaves.py). `alpha`: the chance that one of the two
    intervals ever misses. `also`: others that overlap. `later` as in PlanSlice.
    """

    plan: str
    head: str
    distance: str
    unit: str
    words: str
    source: Source
    feature: str
    condition: Condition
    second: Condition | None = None
    within: Rate
    elsewhere: Rate
    e_value: float
    e_value_needed: float
    method: str
    alpha: float
    also: tuple[str, ...] = ()
    also_not_listed: int = 0
    later: bool = False


class RecomputationScope(Struct, frozen=True, kw_only=True):
    """Over which recorded pairs the metrics were computed anew: `pairs` of the `of` there were. Coverage is live."""

    over: Literal["all", "window", "control"]
    pairs: int
    of: int
    live_settings: bool  # compared as they were when they came; else by other settings


class OtherVersions(Struct, frozen=True, kw_only=True):
    """Of a kind of request: versions other than its current ones, which answered while these did. `until`: RFC 3339,
    when they answered last; `pairs` are all that were compared of them.
    """

    plan: str
    versions: dict[str, ModelVersion]
    pairs: int
    until: str


class SilenceReport(Struct, frozen=True, kw_only=True):
    """`calls` in a row were not answered, from `since` to `last` (RFC 3339). `why` is ours: nothing of the traffic."""

    since: str
    last: str
    calls: int
    why: str

    @classmethod
    def of(cls, silence: Silence | None) -> "SilenceReport | None":
        if silence is None:
            return None
        since, last = moment(silence.since_ns), moment(silence.last_ns)
        return cls(since=since, last=last, calls=silence.calls, why=silence.why)


class Report(Struct, frozen=True, kw_only=True):
    """`metrics` are over all plans together; with several plans behind one prefix, look at each of them. `unit`: where
    settings say whose a request is, "" where they don't. `withheld`: headers that settings rest on, and that the
    candidate does not get.

    `epoch` is that of the latest pair. `versions`, of production and the candidate, are those of all plans, and
    "(various)" where the plans, which have them as well, tell different ones, or some of them none. `asked`: the
    versions that it was asked for; `instead`: where nothing is of these, those that something was compared of, the
    latest first. `since`: from when on evidence counts (RFC 3339), where that is bounded.
    """

    candidate: str
    route: str
    epoch: int
    alpha: float
    versions: dict[str, ModelVersion]
    window: Window
    coverage: dict[str, Any]
    not_answering: SilenceReport | None  # the candidate, to its mirror: what is recorded waits meanwhile
    left_out: dict[str, int]  # pairs that were compared and are in none of the metrics, by reason (evidence.LEFT_OUT)
    metrics: dict[str, Metric]
    distributions: dict[str, Distribution]
    plans: list[PlanReport]
    slices: list[PlanSlice]
    distance_slices: list[DistanceSlice]
    examples: list[Example]
    farthest: list[FarthestPair]  # of each output the pairs whose answers are farthest apart, the farthest first
    features: dict[str, Any]
    ignored: list[str]  # the paths that settings leave out, as they have them
    asked: VersionChoice = WHICHEVER
    instead: list[dict[str, ModelVersion]] = field(default_factory=list)
    since: str | None = None
    meanwhile: list[OtherVersions] = field(default_factory=list)
    broken: list[Breakage] = field(default_factory=list)
    recomputed: RecomputationScope | None = None
    unit: str = ""
    withheld: list[str] = field(default_factory=list)
    load: LoadReport | None = None  # of a replay
    schema: int = SCHEMA
