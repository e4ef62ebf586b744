"""What is said of an output in words, where its rate alone would mislead: labels by other names, boxes in another form,
scores in another unit, and rates that can hardly grow. Pure.

A hint claims nothing of requests to come, and no check passes on it.
"""

import math
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Literal, NamedTuple

from msgspec import Struct

from comparators.compare import box_readings, label, score_sums
from comparators.compare.boxes import BoxesSums
from comparators.compare.detail import Detail, DetailRow
from comparators.compare.extent import NOT_TOLD, Extent
from comparators.compare.kinds import KINDS, HeadSums, kind_of
from comparators.compare.label import LabelSums
from comparators.compare.label_map import Confusion, LabelMap, are_alike, label_map, of_both, types
from comparators.compare.label_numbers import near_numbers
from comparators.compare.label_places import PlaceSums
from comparators.compare.logits import LogitsSums
from comparators.compare.path_sizes import is_near
from comparators.compare.probability_sums import ProbabilitySums
from comparators.compare.score_scale import Moments, OtherScale, scale_of
from comparators.compare.score_sums import ScoreSums
from comparators.compare.tree import JsonSums
from comparators.metrics.metric import Metric
from comparators.settings import BoxForm, OutputKind
from comparators.statistics import exact
from ground.plurals import counted

MAX_NAMES = 20  # of a map that are shown

LEAST_PAIRS = 30  # requests, for what is said of scores and rates
SATURATED = 0.9  # a rate from which on it can hardly grow
MOST = 0.5

LEAST_APART = 15  # requests of which fewer than half of the boxes match
LEAST_READ = 0.9  # of them: so many match in another form

LEAST_TYPED = 0.01  # of the requests, for what is said of their types

Hint = Literal["encoding", "box_form", "scale", "type", "constant", "numbers", "unnamed", "saturated"]
IN_SHORT: dict[Hint, str] = {
    "encoding": "the same labels, it seems, written otherwise",
    "box_form": "boxes in another form, it seems",
    "scale": "scores on another scale, it seems",
    "type": "values of another type",
    "constant": "one label on each side, and not the same",
    "numbers": "labels that are whole numbers, and differ by little",
    "unnamed": "numbers of a document that are outputs of their own, it seems",
    "saturated": "nearly all differ, so how far says more",
}
_MEDIAN = "score.absolute_p50"
# How far values are apart, where nearly all of them differ.
HOW_FAR: dict[OutputKind, tuple[str, ...]] = {
    "score": (score_sums.MEAN, _MEDIAN, "score.absolute_p99", "score.rank_agreement"),
    "text": ("text.edit_similarity", "text.rouge_l"),
    "embedding": ("embedding.cosine_distance", "embedding.cosine_distance_p95"),
    "ranking": ("ranking.rbo", "ranking.overlap_at_10"),
    "boxes": ("boxes.f1", "boxes.iou"),
    "probabilities": ("probability.total_variation", "probability.l_infinity"),
    "logits": ("logits.total_variation",),
}


class OutputHint(Struct, frozen=True, kw_only=True):
    """`words` hold nothing of the traffic; `details` do. `look_at`: metrics of the output, by name."""

    hint: Hint
    words: str
    look_at: list[str] = []
    details: list[Detail] = []


class HintedOutput(NamedTuple):
    """`types`: requests in which both sides' values are of these two types, of all that were `compared`. `effect`: so
    many tell as much as one independent request; `boxes`: the form in which they are read; `extent` is the plan's.
    `by_values`: nothing but values tells its kind.
    """

    sums: HeadSums
    metrics: Mapping[str, Metric]
    types: Mapping[tuple[str, str], int]
    compared: int
    effect: float = 1.0
    boxes: BoxForm = "xyxy"
    extent: Extent = NOT_TOLD
    by_values: bool = False


def output_hints(output: HintedOutput) -> list[OutputHint]:
    """What is about the form comes first; where there is none, the rate may be saturated."""
    sums, effect = output.sums, output.effect
    found: list[OutputHint] = []
    if isinstance(sums, LabelSums):
        found = [*_numbers(output, sums), *_other_names(sums, effect), *_places(sums.places, effect)]
        found = found or _constant(sums, effect)
    elif isinstance(sums, BoxesSums):
        found = _box_form(sums, effect, output.boxes)
    elif isinstance(sums, ScoreSums):
        found = _places(sums.places, effect) or _scale(sums, output)
    elif isinstance(sums, ProbabilitySums | LogitsSums):
        found = _places(sums.places, effect)
    elif isinstance(sums, JsonSums):
        found = _unnamed(sums, effect)
    return found or _types(output) or _saturated(output)


def _types(output: HintedOutput) -> list[OutputHint]:
    """Where that is so in more than a few requests."""
    often = [(*each, count) for each, count in output.types.items() if count >= LEAST_TYPED * output.compared]
    return [
        OutputHint(
            hint="type",
            words=f"another type: production answers {own}, the candidate {other}, in {counted(count, 'request')}",
        )
        for own, other, count in often
    ]


def _rate(output: HintedOutput) -> float:
    """How much of it disagrees; 0 where too few requests say so."""
    metric = next((each for name, each in output.metrics.items() if name.endswith(".disagreement")), None)
    return (metric.value or 0.0) if metric and metric.n >= LEAST_PAIRS * output.effect else 0.0


def _saturated(output: HintedOutput) -> list[OutputHint]:
    kind = kind_of(output.sums)
    known = [each for each in HOW_FAR.get(kind, ()) if each in output.metrics and output.metrics[each].n]
    if _rate(output) < SATURATED or not known:
        return []
    distance = KINDS[kind].distance
    slices = f", and slices by {distance.label}" if distance else ""
    words = f"saturated: nearly all requests differ, and the rate can hardly grow; look at how far they differ{slices}"
    return [OutputHint(hint="saturated", words=words, look_at=known)]


# ---- labels


def _other_names(sums: LabelSums, effect: float) -> list[OutputHint]:
    found = label_map(label.confusion(sums), effect)
    if found is None:
        return []
    words = f"{_how(found)}: {_one_to_one(found, bool(sums.cells.other))}"
    return [OutputHint(hint="encoding", words=words, details=[_names(found)])]


def _numbers(output: HintedOutput, sums: LabelSums) -> list[OutputHint]:
    """Nothing where a setting or a name says that they are labels."""
    found = near_numbers(of_both(sums.cells), output.effect) if output.by_values else None
    if found is None:
        return []
    words = (
        f"whole numbers, compared as labels: of those that differ, {_percent(found.share)} differ by at most "
        f"{found.within:,}, and production's lie up to {found.apart:,} apart; as a score they are told by how much"
    )
    return [OutputHint(hint="numbers", words=words)]


def _constant(sums: LabelSums, effect: float) -> list[OutputHint]:
    """Which may be a version, or a model that says one thing: nobody but a reader can tell."""
    own, other = sums.production, sums.candidate
    is_one = len(own.kept) == len(other.kept) == 1 and own.kept.keys() != other.kept.keys()
    if not is_one or own.other or other.other or sums.n < LEAST_PAIRS * effect:
        return []
    words = "production always answers one label, and the candidate always another one"
    rows: list[DetailRow] = [(*own.kept, *other.kept)]
    detail = Detail(title="what each side answers", columns=("production", "candidate"), units=("", ""), rows=rows)
    return [OutputHint(hint="constant", words=words, details=[detail])]


def _unnamed(sums: JsonSums, effect: float) -> list[OutputHint]:
    """Numbers that most requests with a difference differ at, by little of what they are: an id is as far off as it is
    large.
    """
    differing = exact.real(sums.disagreement)
    if differing < LEAST_PAIRS * effect:
        return []
    paths = sorted(path for path, each in sums.sizes.kept.items() if each.n >= MOST * differing and is_near(each))
    if not paths:
        return []
    words = (
        "numbers of a document: named as outputs of [[compare.readings]] (docs/behaviour.md), each is told with its "
        "bias, its size and the slices that are farthest apart"
    )
    rows: list[DetailRow] = [(path,) for path in paths]
    detail = Detail(title="which they are", columns=("path",), units=("path",), rows=rows)
    return [OutputHint(hint="unnamed", words=words, details=[detail])]


def _how(found: LabelMap) -> str:
    own, other = types(found.names)
    if {each.production for each in found.names} == {each.candidate for each in found.names}:
        return "labels that changed places"
    if own == other:
        return f"the same labels {'in another case' if are_alike(found.names) else 'by other names'}"
    how = "of another type" if are_alike(found.names) else "by other names"
    return f"the same labels {how} (production writes {own}, the candidate {other})"


def _places(sums: PlaceSums, effect: float) -> list[OutputHint]:
    """Of either side's numbers."""
    found: list[OutputHint] = []
    for counts, numbers, labels in (
        (sums.at_candidate, "the candidate", "production"),
        (sums.at_production, "production", "the candidate"),
    ):
        map_of_all = None if counts.other else label_map(Confusion.of(of_both(counts)), effect)
        if map_of_all is not None:
            words = (
                f"{numbers} answers rows of numbers where {labels} answers labels, and the largest number tells which: "
                f"{_one_to_one(map_of_all)}"
            )
            titles = [
                f"{each}'s largest number" if each == numbers else each for each in ("production", "the candidate")
            ]
            found.append(OutputHint(hint="encoding", words=words, details=[_names(map_of_all, titles)]))
    return found


def _one_to_one(found: LabelMap, is_least: bool = False) -> str:
    many = counted(len(found.names), "label")
    at_least = "at least " if is_least else ""
    return f"{many} map one to one; read so, {at_least}{_percent(found.agreeing)} of requests agree"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


# ---- scores


def _scale(sums: ScoreSums, output: HintedOutput) -> list[OutputHint]:
    agreement, median = (output.metrics[name].value for name in ("score.rank_agreement", _MEDIAN))
    if _rate(output) < MOST or agreement is None or median is None:
        return []
    totals = (sums.production, sums.production_squares, sums.candidate, sums.candidate_squares, sums.product)
    moments = Moments.of(sums.n, *totals)
    scale = moments and scale_of(moments, agreement, math.ldexp(median, -output.extent.scale))
    words = _on_scale(scale, output.extent) if scale else ""
    return [OutputHint(hint="scale", words=words, look_at=[_MEDIAN])] if words else []


def _on_scale(scale: OtherScale, extent: Extent) -> str:
    if scale.times is None or scale.plus is None:
        order = "the reverse of production's order" if scale.falls else "production's order"
        return f"the candidate's scores have {order}, on another scale (a power, or a logarithm)"
    times = "" if scale.times == 1 else f"{scale.times:.3g} times "
    percent = " (percent on one side, shares on the other?)" if not scale.plus and _is_hundred(scale.times) else ""
    plus = math.ldexp(scale.plus, extent.scale)
    offset = f", {'plus' if plus > 0 else 'minus'} {abs(plus):.3g}" if plus else ""
    return f"the candidate's scores are about {times}production's{offset}{percent}"


def _is_hundred(times: float) -> bool:
    return abs(abs(math.log10(abs(times))) - 2) < math.log10(1.1)


# ---- boxes


def _box_form(sums: BoxesSums, effect: float, read_as: BoxForm) -> list[OutputHint]:
    count, reading = max(
        ((sums.readings[each], each) for each in sorted(sums.readings)), default=(0, ""), key=itemgetter(0)
    )
    if sums.apart < LEAST_APART * effect or count < LEAST_READ * sums.apart:
        return []
    words = (
        f"{box_readings.in_words(reading, read_as)}: fewer than half of the boxes match in "
        f"{counted(sums.apart, 'request')}; read so, they match in {count:,} of these"
    )
    return [OutputHint(hint="box_form", words=words)]


def _names(found: LabelMap, sides: Sequence[str] = ("production", "candidate")) -> Detail:
    return Detail(
        title="which labels stand for which",
        columns=(*sides, "share of requests"),
        units=("", "", "share"),
        rows=list(found.names[:MAX_NAMES]),
        not_listed=len(found.names[MAX_NAMES:]),
    )
