"""Noise in the document: of whole requests, by path, by output."""

from comparators.evidence.document.lines import of_kind
from comparators.evidence.document.noise import noise
from comparators.metrics.document import Code, Mark, Metrics, MetricValue, Note, Table
from comparators.render import words
from tests.comparators.made import answer, observation, pair
from tests.comparators.render.made import report_of, rich


def blocks_of(report, plan=0):
    return list(noise(report.plans[plan], of_kind(report.plans[plan], report)))


def changed_behind_an_id():
    """Each answer has an id of its own; a quarter of the scores changed."""

    def said(number, score):
        return answer({"id": f"{number:016x}", "score": score})

    return report_of([
        pair(
            said(3 * n, 0.5), said(3 * n + 1, 0.5 + (n % 4 == 0)), number=n, noise=observation(said(3 * n + 2, 0.5))
        )
        for n in range(200)
    ])  # fmt: skip


def test_noise_is_told_of_the_requests_that_were_asked_twice():
    """The candidate's disagreement there, production's own, and what is beyond it."""
    report = rich()
    _, listed, *_ = blocks_of(report)
    assert isinstance(listed, Metrics)
    assert [each.label for each in listed.metrics] == [
        "disagreement where production was asked twice",
        "production's disagreement with itself",
        "disagreement beyond noise, by whole requests",
        "disagreement beyond noise, path by path",
    ]
    assert blocks_of(report, 1) == []


def test_a_change_behind_an_id_is_shown_at_its_path():
    """Named there, with a lower end well above 0, though whole requests are beyond noise by 0."""
    blocks = blocks_of(changed_behind_an_id())
    listed = next(each for each in blocks if isinstance(each, Metrics))
    values = {each.address.partition("@")[0]: each for each in listed.metrics}
    assert values["disagreement.excess"].value == 0.0
    assert values["disagreement.excess_at_paths"].value == 0.25
    assert values["disagreement.excess_at_paths"].lo > 0.1
    paths = next(each for each in blocks if isinstance(each, Table))
    first, second = paths.rows
    assert (first[0], first[-1]) == (Code("/score"), Mark("beyond noise", "worse"))
    assert (second[0], second[-1]) == (Code("/id"), "")
    assert isinstance(first[3], MetricValue)
    assert (first[3].value, first[3].signed) == (0.25, True)


def test_where_whole_requests_tell_nothing_the_document_says_so():
    """And what to look at instead; nowhere else."""
    said = [words.line(each.line) for each in blocks_of(changed_behind_an_id()) if isinstance(each, Note)]
    assert said == [
        "production disagrees with itself on 100 % of these requests, so whole requests tell little of the candidate: "
        "look at paths, and at how similar texts are."
    ]
    assert not any(isinstance(each, Note) for each in blocks_of(rich()))


def test_no_line_proposes_to_ignore_what_differs():
    """Of texts that are new at every call, the text is all there is."""
    texts = [(f"It is {n}.", f"It was {n}.", f"It will be {n}.") for n in range(60)]
    plain = ((b"content-type", b"text/plain"),)
    pairs = [
        pair(
            answer(own.encode(), headers=plain),
            answer(other.encode(), headers=plain),
            number=number,
            noise=observation(answer(again.encode(), headers=plain)),
        )
        for number, (own, other, again) in enumerate(texts)
    ]
    report = report_of(pairs)
    assert "ignore" not in " ".join(words.line(each.line) for each in blocks_of(report) if isinstance(each, Note))
    table = [each for each in blocks_of(report) if isinstance(each, Table)][-1]
    assert [column.title for column in table.columns] == ["", "candidate", "production itself", "beyond noise"]
    (similarity,) = (row for row in table.rows if words.line(row[:1]) == "edit similarity")
    assert [each.address.partition("@")[0] for each in similarity[1:]] == [
        f"text.edit_similarity.{side}" for side in ("sampled", "noise", "excess")
    ]
    assert report.plans[0].volatile == []
