"""Kind "text": what language models say. A row disagrees where its text does, after normalisation, or its finish
reason, refusal or tool calls.

Models that sample disagree with themselves: read text.disagreement and the similarities against noise (A/A), never
alone. What two texts have in common is told by wording.py; here are the sums. The unit is the request: of several
choices the mean counts, and a trait that any of them won or lost.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import field

from comparators.compare import both_sides
from comparators.compare.both_sides import WHOLE, BothSides
from comparators.compare.detail import Detail, DetailRow
from comparators.compare.finding import Finding, Kind
from comparators.compare.fitting import Fit, Fitting, KindSums
from comparators.compare.label_names import line_of, shortened
from comparators.compare.request_distances import RequestDistances
from comparators.compare.rows import same_json
from comparators.compare.rules import HeadRules
from comparators.compare.size import ratios
from comparators.compare.wording import edit_similarity, is_json, normalised, opens_as_refusal, rouge_l
from comparators.extract.output import Column, Tensor, Text, Texts, ToolCall, Value, rows_of
from comparators.metrics import metric, ways
from comparators.metrics.definition import Definition
from comparators.metrics.metric import Derivation
from comparators.metrics.way import Way
from comparators.statistics import exact
from comparators.statistics.name_counts import Counts
from comparators.statistics.reports_alone import ReportsAlone
from comparators.statistics.sketch import Sketch

MAX_FINISHES = 64  # pairs of finish reasons counted by name
MAX_TOOLS = 200  # two entries a tool, and even, so that a tool is kept or dropped as a whole
MAX_SHOWN = 20

CUT_OFF = frozenset({"length", "max_tokens", "max_length"})  # finish reasons of a text that reached its longest

# What a text should not be, bit by bit. New: the candidate's is where production's is not; fixed: the reverse.
TRAITS = ("refusals", "refusal_phrases", "truncations", "json_validity")
_REFUSES, _OPENS_AS_REFUSAL, _CUT_OFF, _NOT_JSON = (1 << bit for bit in range(len(TRAITS)))


class TextSums(KindSums, tag="text", kw_only=True):
    """`exact` to `rouge_l`: sums of the mean over a request's rows; `tool_calls_f1` likewise, over the rows with a tool
    call on either side, of `with_tools` requests. All in 2^-40 (statistics.exact).
    """

    exact: int = 0
    edit_similarity: int = 0
    rouge_l: int = 0
    with_tools: int = 0
    tool_calls_f1: int = 0
    length_ratio: Sketch = field(default_factory=Sketch)  # characters of the candidate / production's, one a request
    lengths: ReportsAlone[BothSides] = field(default_factory=BothSides)  # these characters
    new: dict[str, int] = field(default_factory=dict)  # requests, by trait
    fixed: dict[str, int] = field(default_factory=dict)
    # "production\tcandidate": texts
    finishes: ReportsAlone[Counts] = field(default_factory=lambda: Counts(MAX_FINISHES))
    # "name\tp", "name\tc": calls by either side
    tools: ReportsAlone[Counts] = field(default_factory=lambda: Counts(MAX_TOOLS))


class _TextRow(NamedTuple):
    """Two texts, compared. `calls`: the F1 of their tool calls; None without any. `new`, `fixed`: traits as bits."""

    kinds: tuple[Kind, ...]
    exact: bool
    edit: float
    rouge: float
    calls: float | None
    new: int
    fixed: int


_ALIKE = _TextRow((), True, 1.0, 1.0, None, 0, 0)


class _TextBatch:
    """What is added up once a batch: a value a request, or counts."""

    def __init__(self) -> None:
        self.edit: list[float] = []
        self.rouge: list[float] = []
        self.calls: list[float] = []
        self.lengths: list[tuple[int, int]] = []
        self.finishes: Counter[tuple[str, str]] = Counter()
        self.tools: tuple[Counter[str], Counter[str]] = (Counter(), Counter())


def compare(
    pairs: Sequence[tuple[Value, Value]], rules: HeadRules, into: RequestDistances | None = None
) -> tuple[list[Finding], TextSums]:
    """One Finding a pair. Takes Texts, and text in a Column or a Tensor. A distance is 1 - edit similarity."""
    sums, lists = TextSums(), _TextBatch()
    batch = Fitting(pairs, _texts, rules, sums)
    sums.n = len(batch.fits)
    for fit in batch.fits:
        rows = list(map(_row, fit.production, fit.candidate)) or [_ALIKE]  # two answers without a text are alike
        _add_request(rows, fit, sums, lists)
        if kinds := dict.fromkeys(kind for row in rows for kind in row.kinds):
            batch.tell(fit, [bool(row.kinds) for row in rows], kinds)
    if into is not None:
        into.put([fit.place for fit in batch.fits], 1 - np.array(lists.edit, dtype=np.float64))
    _add(sums, lists)
    return batch.findings, sums


# ---- one request


def _texts(value: Value) -> list[Text] | None:
    """One text a row; None where the value is something else."""
    if isinstance(value, Texts):
        return value.values
    if not (isinstance(value, Column) or (isinstance(value, Tensor) and _is_one_text_a_row(value))):
        return None
    return [Text(each) for each in value.values] if all(type(each) is str for each in value.values) else None


def _is_one_text_a_row(tensor: Tensor) -> bool:
    return tensor.datatype == "BYTES" and len(tensor.values) == rows_of(tensor)


def _row(p: Text, c: Text) -> _TextRow:
    same = p.content == c.content
    if same and p.finish == c.finish and p.refusal == c.refusal and not p.tool_calls and not c.tool_calls:
        return _ALIKE
    was, now, edit, rouge, alike = _flags(p), _flags(c), 1.0, 1.0, True
    if not same:
        left, right = normalised(p.content), normalised(c.content)
        was, now = was | _content_flags(p.content, left), now | _content_flags(c.content, right)
        alike = left == right
    if not alike:
        edit, rouge = edit_similarity(left, right), rouge_l(left, right)
    calls = _calls_f1(p.tool_calls, c.tool_calls)
    return _TextRow(_kinds(p, c, alike), same, edit, rouge, calls, now & ~was, was & ~now)


def _kinds(p: Text, c: Text, alike: bool) -> tuple[Kind, ...]:
    differs: dict[Kind, bool] = {
        "text": not alike,
        "finish": p.finish != c.finish,
        "refusal": p.refusal != c.refusal,
        "tool_calls": not _same_calls(p.tool_calls, c.tool_calls),
    }
    return tuple(kind for kind, is_so in differs.items() if is_so)


def _flags(text: Text) -> int:
    return _REFUSES * bool(text.refusal) | _CUT_OFF * (text.finish.lower() in CUT_OFF)


def _content_flags(content: str, normal: str) -> int:
    return _OPENS_AS_REFUSAL * opens_as_refusal(normal) | _NOT_JSON * (not is_json(content))


def _same_calls(p: Sequence[ToolCall], c: Sequence[ToolCall]) -> bool:
    """The same names in the same order, with arguments that are equal as JSON; ids are the protocol's, and not here."""
    if len(p) != len(c):
        return False
    return all(a.name == b.name and same_json(a.arguments, b.arguments) for a, b in zip(p, c, strict=True))


def _calls_f1(p: Sequence[ToolCall], c: Sequence[ToolCall]) -> float | None:
    """2 · calls in common / calls of both, by name, each as often as it is called."""
    if not p and not c:
        return None
    common = Counter([each.name for each in p]) & Counter([each.name for each in c])
    return 2 * common.total() / (len(p) + len(c))


# ---- sums


def _add_request(rows: list[_TextRow], fit: Fit[Text], sums: TextSums, lists: _TextBatch) -> None:
    n, own, other = len(rows), fit.production, fit.candidate
    sums.exact += exact.share(sum([row.exact for row in rows]), n)
    lists.edit.append(sum([row.edit for row in rows]) / n)
    lists.rouge.append(sum([row.rouge for row in rows]) / n)
    lists.lengths.append((sum([len(each.content) for each in own]), sum([len(each.content) for each in other])))
    lists.finishes.update([(p.finish, c.finish) for p, c in zip(own, other, strict=True) if p.finish or c.finish])
    _count_traits(rows, sums)
    calls = [row.calls for row in rows if row.calls is not None]
    if calls:
        sums.with_tools += 1
        lists.calls.append(sum(calls) / len(calls))
        for side, texts in zip(lists.tools, (own, other), strict=True):
            side.update([call.name for text in texts for call in text.tool_calls])


def _count_traits(rows: list[_TextRow], sums: TextSums) -> None:
    new = fixed = 0
    for row in rows:
        new, fixed = new | row.new, fixed | row.fixed
    for turned, counts in ((new, sums.new), (fixed, sums.fixed)):
        for bit, trait in enumerate(TRAITS):
            if turned >> bit & 1:
                counts[trait] = counts.get(trait, 0) + 1


def _add(sums: TextSums, lists: _TextBatch) -> None:
    edit, rouge, calls = (np.array(each, dtype=np.float64) for each in (lists.edit, lists.rouge, lists.calls))
    sums.add_totals(edit_similarity=edit, rouge_l=rouge, tool_calls_f1=calls)
    if lists.lengths:
        lengths = np.array(lists.lengths, dtype=np.float64)
        sums.length_ratio.add_all(ratios(lengths[:, 0], lengths[:, 1]))
        sums.lengths.add_all(lengths[:, 0], lengths[:, 1], WHOLE)
    for (p, c), count in lists.finishes.items():
        sums.finishes.add(f"{_short(p)}\t{_short(c)}", count)
    sums.finishes.trim()
    production, candidate = lists.tools
    for name in production | candidate:
        sums.tools.add(f"{_short(name)}\tp", production[name])
        sums.tools.add(f"{_short(name)}\tc", candidate[name])
    sums.tools.trim()


def _short(name: str) -> str:
    return shortened(line_of(name))


# ---- what the sums say


def _turned(trait: str) -> Way:
    def derive(new: dict[str, int], fixed: dict[str, int], n: int, alpha: float, *, effect: float = 1.0) -> Derivation:
        b, c = new.get(trait, 0), fixed.get(trait, 0)
        return ways.paired_difference(b, c, n, alpha, ("new", "fixed"), effect=effect)

    return Way(metric.DIFFERENCE, derive, again=ways.difference_again("new", "fixed"))


def _new_minus_fixed(trait: str, label: str, words: str) -> Definition:
    return Definition(
        f"text.{trait}_new_minus_fixed", "share", "lower", f"{label} new minus fixed",
        _turned(trait), ("new", "fixed", "n"),
        f"The share of requests where the candidate alone {words}, less the share where production alone does.",
    )  # fmt: skip


METRICS = (
    Definition(
        "text.disagreement", "share", "lower", "disagreement", ways.RATE, ("disagreement", "n"),
        "The mean over requests of the share of their texts that differ, or whose refusal, tool calls or finish reason "
        "do.",
    ),
    Definition(
        "text.exact", "share", "higher", "exact", ways.RATE, ("exact", "n"),
        "The mean over requests of the share of their texts that are the same to the character.",
    ),
    Definition(
        "text.edit_similarity", "share", "higher", "edit similarity", ways.RATE, ("edit_similarity", "n"),
        "1 - Levenshtein distance / length of the longer text.",
    ),
    Definition(
        "text.rouge_l", "share", "higher", "ROUGE-L", ways.RATE, ("rouge_l", "n"),
        "ROUGE-L as an F1: of the longest common subsequence of words (Lin 2004).",
    ),
    Definition(
        "text.length_ratio_p50", "ratio", "neither", "median length ratio",
        ways.quantile(0.5, "text.length_ratio"), ("length_ratio",),
        "The median of the candidate's characters over production's on the same request.",
    ),
    Definition(
        "text.tool_calls_f1", "share", "higher", "F1 of tool calls", ways.RATE, ("tool_calls_f1", "with_tools"),
        "The F1 of tool calls by name, of the requests with a tool call on either side.",
    ),
    _new_minus_fixed("refusals", "refusals", "gives a refusal that the protocol marks"),
    _new_minus_fixed("refusal_phrases", "refusal phrases", "opens with an English phrase of refusal"),
    _new_minus_fixed("truncations", "truncations", "is cut off at its greatest length"),
    _new_minus_fixed("json_validity", "invalid JSON", "gives text that is no valid JSON"),
)  # fmt: skip


def magnitudes(sums: TextSums, _alpha: float, _effect: float) -> list[Detail]:
    """How long the texts of a request are."""
    return both_sides.told(sums.lengths, "characters", whole=True)


def tables(sums: TextSums) -> list[Detail]:
    """Finish reasons, production's against the candidate's, and who called which tool how often."""
    found = []
    if sums.finishes.kept:
        found.append(_finish_table(sums.finishes))
    if sums.tools.kept:
        found.append(_tool_table(sums.tools))
    return found


def _finish_table(finishes: Counts) -> Detail:
    rows: list[DetailRow] = []
    for pair, count in finishes.most():
        production, _, candidate = pair.partition("\t")
        rows.append((production or "none", candidate or "none", count))
    if finishes.other:
        rows.append(("others", "others", finishes.other))
    columns = ("production", "candidate", "texts")
    return _detail("finish reasons", columns, rows)


def _tool_table(tools: Counts) -> Detail:
    names = {key.rpartition("\t")[0] for key in tools.kept}
    calls = {name: (tools.kept.get(f"{name}\tp", 0), tools.kept.get(f"{name}\tc", 0)) for name in names}
    ordered = sorted(calls.items(), key=lambda each: (-sum(each[1]), each[0]))
    return _detail("tool calls", ("tool", "production", "candidate"), [(name, *counts) for name, counts in ordered])


def _detail(title: str, columns: tuple[str, ...], rows: list[DetailRow]) -> Detail:
    shown = rows[:MAX_SHOWN]
    return Detail(
        title=title, columns=columns, units=("",) * len(columns), rows=shown, not_listed=len(rows) - len(shown)
    )
