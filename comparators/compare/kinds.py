"""The table of kinds of output: a new one is a module with the names below, and a line here.

compare(pairs, rules)   a batch of (production's, candidate's) values → one Finding each, and what they add up to
METRICS                 what is said of its sums: a definition each, under the kind's name
tables(sums)            what a person looks at besides
decisions(sums, alpha, effect)  likewise, with intervals: which decisions change, for a kind that decides
decides(sums)           whether its disagreement is one of decisions
magnitudes(sums, alpha, effect)  likewise: how large values and differences are
extent(values)          how large production's first values are (extent.py), for a kind that has means of any size
is_one(value, rules)    of a kind that may read a value of one dimension as one row (a vector, a list): whether it does
compared                what decides whether a row disagrees, where that is not all of the value
distance                how far apart two answers are, where compare() writes it down of each request
apart                   of a kind whose requests are not summed up one by one, what its sums have of each
...Sums                 the mergeable state, a tagged Struct in HeadSums; what METRICS do not name is marked in it
                        as read by reports alone (statistics/reports_alone.py)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from comparators.compare import (
    boxes,
    detections,
    document_extent,
    embedding,
    label,
    logits,
    probabilities,
    probability_sums,
    ranking,
    ranking_sums,
    raw,
    score,
    score_decisions,
    score_sums,
    text,
    tree,
)
from comparators.compare.boxes import BoxesSums
from comparators.compare.detail import Detail
from comparators.compare.embedding import EmbeddingSums
from comparators.compare.extent import NOT_TOLD, ClippedSize, Extent
from comparators.compare.finding import Finding
from comparators.compare.label import LabelSums
from comparators.compare.logits import LogitsSums
from comparators.compare.probability_sums import ProbabilitySums
from comparators.compare.ranking_sums import RankingSums
from comparators.compare.raw import BytesSums
from comparators.compare.rows import is_flat
from comparators.compare.rules import HeadRules
from comparators.compare.score_sums import ScoreSums
from comparators.compare.text import TextSums
from comparators.compare.tree import JsonSums
from comparators.extract.output import Value
from comparators.metrics import ways
from comparators.metrics.definition import ENDPOINTS, Definition, Unit
from comparators.metrics.metric import CLIPPED_MEAN
from comparators.settings import OutputKind

HeadSums = (
    LabelSums
    | ProbabilitySums
    | LogitsSums
    | ScoreSums
    | RankingSums
    | EmbeddingSums
    | BoxesSums
    | TextSums
    | JsonSums
    | BytesSums
)


class Distance(NamedTuple):
    """How far apart two answers are: what compare() writes down lies in [0, 1]. `whole` says of the kind's sums what 1
    is in this unit.
    """

    label: str
    unit: Unit
    whole: Callable[[Any], float] = lambda _: 1.0


class UnboundedDistance(NamedTuple):
    """Of a kind whose values have no bound: `of` each pair what its sums have of it, by their fields. `distribution` is
    that of how far apart both values are; `farther` the metric that tells whether the candidate's is farther from
    production's than production's second one.
    """

    distribution: str
    farther: str
    of: Callable[[Sequence[tuple[Value, Value]], HeadRules], list[Mapping[str, ClippedSize]]]


class KindOfOutput(NamedTuple):
    """The functions of one module; their `sums` are that module's own."""

    compare: Callable[..., tuple[list[Finding], Any]]
    metrics: tuple[Definition, ...]
    tables: Callable[[Any], list[Detail]]
    compared: str = ""
    distance: Distance | None = None
    apart: UnboundedDistance | None = None
    extent: Callable[[Sequence[Value]], Extent] = lambda _values: NOT_TOLD
    magnitudes: Callable[[Any, float, float], list[Detail]] = lambda _sums, _alpha, _effect: []
    decisions: Callable[[Any, float, float], list[Detail]] = lambda _sums, _alpha, _effect: []
    decides: Callable[[Any], bool] = lambda _sums: False
    is_one: Callable[[Value, HeadRules], bool] | None = None

    def against_noise(self) -> tuple[Definition, ...]:
        """Its metrics that are told of production's second answer, too, the disagreement first: shares, means and
        quantiles of one value a request, which both answers make. Not those of one side, nor how many are beyond a
        clip. Of a kind without a bound the disagreement is the only share: to sum up its requests one by one costs too
        much.
        """
        beyond = {each.passes_with for each in self.metrics}
        told = [each for each in self.metrics if each.name not in beyond and _is_told_against_noise(each)]
        return tuple(each for each in told if self.apart is None or each is told[0] or not is_share(each))


def is_share(each: Definition) -> bool:
    """Whether it is a mean of values in [0, 1], or counts requests."""
    return each.way.scale is not None or each.way is ways.SHARE


def _is_told_against_noise(each: Definition) -> bool:
    is_of_both = not ENDPOINTS.keys() & set(each.name.split("."))
    return is_of_both and (is_share(each) or each.way.quantile is not None or each.method == CLIPPED_MEAN)


KINDS: dict[OutputKind, KindOfOutput] = {
    "label": KindOfOutput(
        label.compare, label.METRICS, label.tables, decisions=label.decisions, decides=lambda _: True
    ),
    "probabilities": KindOfOutput(
        probabilities.compare,
        probability_sums.METRICS,
        probability_sums.tables,
        "which class comes first, or is decided for",
        Distance("total variation", "value"),
        is_one=lambda value, rules: rules.own.threshold is None and is_flat(value),
        magnitudes=probability_sums.magnitudes,
        decisions=probability_sums.decisions,
        decides=lambda _: True,
    ),
    "logits": KindOfOutput(
        logits.compare,
        logits.METRICS,
        logits.tables,
        "which class has the largest number",
        Distance("total variation", "value"),
        is_one=lambda value, _: is_flat(value),
        decisions=logits.decisions,
        decides=lambda _: True,
    ),
    "score": KindOfOutput(
        score.compare,
        score_sums.METRICS,
        score_sums.tables,
        distance=Distance("absolute difference", "value", lambda sums: 2.0 ** (sums.absolute.top or 0)),
        apart=UnboundedDistance("score.absolute", score_sums.FARTHER, score.apart),
        extent=score.extent,
        decisions=score_decisions.told,
        decides=lambda sums: bool(sums.decided),
        magnitudes=score_sums.magnitudes,
    ),
    "ranking": KindOfOutput(
        ranking.compare,
        ranking_sums.METRICS,
        ranking_sums.tables,
        "the first items, in order",
        Distance("rank-biased distance", "value"),
        is_one=lambda value, _: is_flat(value),
        extent=ranking.extent,
        magnitudes=ranking_sums.magnitudes,
    ),
    "embedding": KindOfOutput(
        embedding.compare,
        embedding.METRICS,
        embedding.tables,
        "the direction, and where settings do not say what it is the length",
        Distance("cosine distance", "value", lambda _: 2.0),
        is_one=lambda value, _: is_flat(value),
    ),
    "boxes": KindOfOutput(
        boxes.compare,
        boxes.METRICS,
        boxes.tables,
        "boxes by their overlap, their labels, and where settings do not say what they are their scores",
        Distance("1 - F1", "value"),
        is_one=lambda value, _: detections.are_of_one_image(value),
        extent=boxes.extent,
    ),
    "text": KindOfOutput(
        text.compare,
        text.METRICS,
        text.tables,
        "the text but for case, white space and Unicode's normal form (NFC); finish reason, refusal and tool calls",
        Distance("edit distance", "share"),
        magnitudes=text.magnitudes,
    ),
    "json": KindOfOutput(
        tree.compare,
        tree.METRICS,
        tree.tables,
        extent=document_extent.extent,
        magnitudes=tree.magnitudes,
    ),
    "bytes": KindOfOutput(raw.compare, raw.METRICS, raw.tables),
}


def kind_of(sums: HeadSums) -> OutputKind:
    return next(kind for kind in KINDS if kind == sums.__struct_config__.tag)
