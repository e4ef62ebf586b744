"""One kind of request in the document: its sections, its bar, and the settings that it proposes."""

import tomllib

import msgspec
import pytest
from msgspec.structs import replace

from comparators.evidence.document.requests import blocks, ignoring
from comparators.evidence.hints import VolatilePath
from comparators.metrics.document import Blocks, Heading, IntervalBar, Mark, Note, Table
from comparators.render import words
from comparators.settings import CompareSettings
from records.privacy.redaction import PREFIX
from tests.comparators import rich as every
from tests.comparators.made import OIP, answer, compared, oip, pair
from tests.comparators.render.made import report_of, rich, surer, volatile, whole


def of_first(report) -> Blocks:
    return tuple(blocks(report.plans[0], report))


def sections(found: Blocks) -> list[str]:
    return [words.line(each.title[:1]).strip() for each in found if isinstance(each, Heading) and each.level == 3]


def test_a_kind_is_told_from_how_often_to_how_long():
    """Where it differs and for whom, before what each output says."""
    found = sections(of_first(rich()))
    outputs = [each for each in found if each.startswith("/")]
    assert found == [
        "Disagreement", "Where they differ", "Slices", "Noise", *outputs,
        "New minus fixed failures", "Latency", "Other metrics",
    ]  # fmt: skip
    assert outputs


def test_what_there_is_not_has_no_section():
    """No differences, no slices, no noise: nothing is said of them."""
    report = report_of([pair(answer({"x": 1}), answer({"x": 1}), number=n) for n in range(3)])
    assert not {"Where they differ", "Slices", "Noise"} & set(sections(of_first(report)))


@pytest.mark.parametrize("make", [whole, rich, every.report, surer])
def test_a_bar_holds_the_value_and_its_interval(make):
    """On the smallest scale that does."""
    bars = [each for plan in make().plans for each in blocks(plan, make()) if isinstance(each, IntervalBar)]
    assert bars
    for bar in bars:
        assert 0 <= bar.lo <= (bar.value or bar.lo) <= bar.hi <= bar.end <= 1


def test_a_failure_of_the_candidate_alone_is_marked():
    """And one that it fixed; what is alike on both sides is not."""
    (table,) = (each for each in of_first(whole()) if isinstance(each, Table) and each.columns[0].title == "production")
    marks = {row[1]: row[3] for row in table.rows}
    assert marks["503"] == marks["timeout"] == Mark("new failure", "worse")
    assert marks["200"] == ""


def test_versions_of_its_own_are_told():
    """Where they are not those of the report's head."""
    report = whole()
    assert not any(isinstance(each, Note) and "epoch" in words.line(each.line) for each in of_first(report))
    own = replace(
        report.plans[0], epoch=7, versions={**report.plans[0].versions, "candidate": report.versions["production"]}
    )
    said = [words.line(each.line) for each in blocks(own, report) if isinstance(each, Note)]
    assert "candidate 1 (ab12) against 1 (ab12), epoch 7" in said


def test_what_a_report_proposes_to_ignore_can_be_pasted():
    """The line is a setting of [compare], beside whatever stands there, and with it nothing differs."""
    settings = tomllib.loads("\n".join(("[compare]", "alpha = 0.01", *ignoring(volatile()), "find_slices = false")))
    compare = msgspec.convert(settings["compare"], CompareSettings)
    own, new = (answer({"score": 1.5, "trace": trace}) for trace in ("a", "b"))
    assert [each.rows_disagreeing for each in compared([pair(own, new)], compare)] == [0]


def test_a_hostile_path_is_pasted_as_it_is():
    """Though a terminal could not have shown it."""
    path = '/a"b\x1b[2J\u202e\x9b'
    plan = replace(volatile().plans[0], volatile=[VolatilePath(path=path, side="both", what="id", words="an id")])
    lines = ignoring(replace(volatile(), plans=[plan]))
    assert all(line.isprintable() for line in lines)
    assert tomllib.loads("\n".join(lines))["ignore"] == [path]


def test_the_line_to_paste_keeps_what_is_ignored_already():
    """And has what every kind of request proposes: it takes the place of the line that is there."""
    report = volatile()
    other = VolatilePath(path="/took_ms", side="both", what="duration", words="a duration")
    plans = [*report.plans, replace(report.plans[0], volatile=[other])]
    lines = ignoring(replace(report, plans=plans, ignored=["/old", "/trace"]))
    assert tomllib.loads("\n".join(lines))["ignore"] == ["/old", "/trace", "/took_ms"]
    assert ignoring(replace(report, plans=[replace(report.plans[0], volatile=[])], ignored=["/old"])) == ()


def test_what_is_ignored_and_hidden_is_not_told():
    """Then the line has the new paths alone, and the words say that it goes beside the old ones."""
    report = replace(volatile(), ignored=[f"/patients/{PREFIX}ab12"])
    (note,) = [
        words.line(each.line)
        for each in of_first(report)
        if isinstance(each, Note) and "--config" in words.line(each.line)
    ]
    assert "with the paths that it names" in note
    assert tomllib.loads("\n".join(ignoring(report)))["ignore"] == ["/trace"]


def test_a_kind_says_where_its_latency_differences_are_clipped():
    """In ms, beside the mean of them."""
    report = every.report()
    notes = [words.line(each.line) for each in blocks(report.plans[0], report) if isinstance(each, Note)]
    assert any(
        each.startswith("same request, beyond the clip: more than ") and " ms either way" in each for each in notes
    )


def told(count: int) -> list[str]:
    """What notes say of so many requests with one score each."""
    score = [answer(oip(p=("FP32", [1], [number / 100]))) for number in range(count)]
    report = report_of([pair(each, each, number=number, target=OIP) for number, each in enumerate(score)])
    return [words.line(each.line) for each in of_first(report) if isinstance(each, Note)]


def test_a_kind_says_how_many_answers_its_plan_and_each_output_rest_on():
    """And of fewer than decide a plan, that it may still change."""
    assert "the plan rests on 30 answers" in told(30)
    assert "told by 30 answers: FP32 in 30; 30 different values" in told(30)
    few = "provisional: the plan rests on 29 answers; from 30 on it is decided, and may read and compare them otherwise"
    assert few in told(29)


def test_latencies_stand_beside_what_the_instrument_cannot_tell_apart():
    """A reader must not take a tenth of a millisecond for a finding."""
    (floor,) = (each for each in told(40) if "the instrument's" in each)
    assert "at equal concurrency" in floor
    assert "less than 0.15 ms, or 5 %" in floor
