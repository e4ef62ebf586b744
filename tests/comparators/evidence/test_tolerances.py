"""Within what the numbers of an output agree, as reports tell it."""

import pytest
from msgspec.structs import replace

from comparators.compare.extent import Extent
from comparators.compare.rules import rules_for
from comparators.evidence.document.outputs import outputs
from comparators.evidence.tolerances import tolerance_of
from comparators.metrics.address import MetricAddress
from comparators.metrics.document import Note
from comparators.plans.plan import Head
from comparators.render import words
from comparators.settings import CompareSettings, HeadSettings
from comparators.view import View
from records.privacy.redaction import MIN_KEY_BYTES, Redaction
from records.settings import KeptSettings
from tests.comparators.made import OIP, answer, oip, pair
from tests.comparators.render.made import report_of

SCORE = Head("/p", "score", "values")


@pytest.mark.parametrize(
    "settings",
    [
        CompareSettings(),
        CompareSettings(atol=1e-3),
        CompareSettings(heads=(HeadSettings(pointer="/p", precision="bfloat16"),)),
    ],
)
def test_what_is_told_is_what_answers_are_compared_by(settings):
    """Of floats, of whole numbers, and of tensors of 16 bits."""
    head = replace(SCORE, extent=Extent(scale=-20))
    told, rules = tolerance_of(head, settings), rules_for(settings, "/p", extent=head.extent)
    assert (told.atol, told.rtol) == rules.tolerance[:2]
    assert (told.whole_atol, told.whole_rtol) == rules.tolerance[3:]
    for datatype in ("FP16", "BF16"):
        assert told.rtol_of.get(datatype, told.rtol) == rules.tolerance_of(datatype, "FP32").rtol


def test_what_has_no_tolerance_tells_none():
    """A label; an output that is not looked at."""
    assert tolerance_of(Head("/p", "label", "values"), CompareSettings()) is None
    assert tolerance_of(SCORE, CompareSettings(ignore=("/p",))) is None


def test_smaller_numbers_of_a_document_are_counted():
    """By their paths, where nothing else is set."""
    head = Head("", "json", "values", extent=Extent(small=(("/a", -9), ("/b", -3))))
    assert tolerance_of(head, CompareSettings()).smaller_at == 2
    assert tolerance_of(head, CompareSettings(atol=1.0)).smaller_at == 0


def test_an_output_says_within_what_it_agrees_where_that_is_known():
    """Beside what its kind rests on; other settings than those of the comparison say nothing of it."""
    pairs = [pair(*[answer(oip(p=("FP32", [1], [n / 7])))] * 2, target=OIP, number=n) for n in range(40)]
    (plan,) = report_of(pairs).plans
    _, rests_on, told, *_ = outputs(plan, MetricAddress(""))
    assert isinstance(rests_on, Note)
    said = words.line(told.line)
    assert said.startswith(
        "numbers agree within 1e-05 + 0.0001 of production's; whole ones when they are equal; in FP16"
    )
    other = View(Redaction.create(KeptSettings(), bytes(MIN_KEY_BYTES)), CompareSettings(atol=1.0))
    assert [head.tolerance for head in report_of(pairs, view=other).plans[0].heads] == [None]
