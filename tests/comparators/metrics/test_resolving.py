"""Resolving: unique parts may be left out; what does not fit says whether it is misspelt or absent today."""

import pytest

from comparators.errors import AbsentMetric, AmbiguousAddress, UnknownMetric
from comparators.evidence.registry import REGISTRY
from comparators.metrics.address import MetricAddress, Requirement, parse
from comparators.metrics.resolving import resolve

CARRIER = Requirement.equals("feature", "carrier", "AA")
DELAY = Requirement.within("feature", "delay", 10, 20)
LATE, CHAT = "POST /v1/models/late:predict", "POST /v1/chat/completions"


def _of(candidate: str) -> list[MetricAddress]:
    everywhere = ("root", candidate)
    return [
        MetricAddress("disagreement.rate", *everywhere),
        MetricAddress("coverage.ratio", *everywhere),
        MetricAddress("disagreement.rate", *everywhere, LATE),
        MetricAddress("disagreement.rate", *everywhere, LATE, slice=(CARRIER,)),
        MetricAddress("disagreement.rate", *everywhere, LATE, slice=(CARRIER, DELAY)),
        MetricAddress("disagreement.rate", *everywhere, CHAT),
        MetricAddress("label.kappa", *everywhere, LATE, "/late"),
        MetricAddress("text.exact", *everywhere, LATE, "/why"),
        MetricAddress("text.exact", *everywhere, CHAT, "/choices/*/message/content"),
    ]


ONE, TWO = _of("new"), [*_of("new"), *_of("newer")]


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("disagreement.rate", "disagreement.rate@route=root,candidate=new"),
        ("label.kappa", "label.kappa@route=root,candidate=new,request=POST+/v1/models/late:predict,output=/late"),
        ("text.exact@output=/why",
         "text.exact@route=root,candidate=new,request=POST+/v1/models/late:predict,output=/why"),
        ("disagreement.rate@request=POST+/v1/models/late:predict",
         "disagreement.rate@route=root,candidate=new,request=POST+/v1/models/late:predict"),
        ("disagreement.rate@slice=carrier=AA",
         "disagreement.rate@route=root,candidate=new,request=POST+/v1/models/late:predict,slice=carrier=AA"),
        ("disagreement.rate@slice=delay=10..20,slice=carrier=AA",
         "disagreement.rate@route=root,candidate=new,request=POST+/v1/models/late:predict,slice=carrier=AA,"
         "slice=delay=10..20"),
    ],
)  # fmt: skip
def test_parts_that_are_unique_may_be_left_out(written, full):
    """The metric about most is meant: all requests, then a kind of them, then a slice."""
    assert str(resolve(parse(written), ONE, REGISTRY)) == full


def test_every_address_is_its_own():
    """Written in full, a metric is never taken for another."""
    for each in TWO:
        assert resolve(each, TWO, REGISTRY) == each


@pytest.mark.parametrize("written", ["disagreement.rate", "label.kappa", "text.exact@candidate=new"])
def test_several_that_fit_are_named(written):
    """Whoever asked can copy one of them."""
    with pytest.raises(AmbiguousAddress) as refused:
        resolve(parse(written), TWO, REGISTRY)
    fitting = [each for each in TWO if str(each) in str(refused.value)]
    assert len(fitting) == 2


def test_an_error_names_a_bounded_number_of_them():
    """However many candidates there are."""
    many = [each for number in range(100) for each in _of(f"new{number}")]
    with pytest.raises(AmbiguousAddress, match=r"fits 100 metrics: .* and 92 more"):
        resolve(parse("disagreement.rate"), many, REGISTRY)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("mae", "there is no metric mae; did you mean score.mae?"),
        ("disagreement", "there is no metric disagreement; did you mean disagreement.rate?"),
        ("disagrement.rate", "there is no metric disagrement.rate; did you mean disagreement.rate?"),
        ("disagreement.rate@output=/late", "is told of all requests, a kind of request, a slice"),
        ("label.kappa@slice=carrier=AA", "is told of an output"),
        ("disagreement.rate@output=/class,slice=delay=10..20.5", "; no metric is of an output and a slice"),
        ("coverage.ratio@request=POST+/", "is told of all requests"),
    ],
)
def test_what_no_report_ever_has_is_misspelt(written, words):
    """It is an error of who wrote it, and says what may have been meant."""
    with pytest.raises(UnknownMetric) as refused:
        resolve(parse(written), ONE, REGISTRY)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "text.exact@output=/choices",
            "the nearest it has: text.exact@output=/why, text.exact@output=/choices/%2A/message/content",
        ),
        ("disagreement.noise", "no disagreement.noise yet: it is there only where production was asked twice"),
        ("bytes.disagreement", "no bytes.disagreement yet"),
        ("label.kappa@output=/lat", "the nearest it has: label.kappa@output=/late"),
        (
            "disagreement.rate@request=POST+/v1/models/lates:predict",
            "the nearest it has: disagreement.rate@request=POST+/v1/models/late:predict, ",
        ),
        ("coverage.ratio@candidate=zzz", "the nearest it has: coverage.ratio@candidate=new"),
    ],
)
def test_what_a_report_may_have_is_absent_today(written, words):
    """It is no error of who wrote it: traffic may bring it. What is near is named."""
    with pytest.raises(AbsentMetric) as refused:
        resolve(parse(written), ONE, REGISTRY)
    assert words in str(refused.value)
