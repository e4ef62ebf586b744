"""Prometheus families: the JSON face's names with underscores, and no sample for what is not known."""

from comparators.stored.exposition import report_families
from tests.comparators.render.made import empty, whole


def test_a_reports_metrics_keep_their_names_and_bounds():
    """Dots become underscores; value, lo and hi are one family's samples."""
    report = whole()
    samples = {
        (sample.name, sample.labels["bound"]): sample.value
        for family in report_families([report])
        for sample in family.samples
        if sample.labels["candidate"] == "skewed"
    }
    rate = report.metrics["disagreement.rate"]
    assert samples["understudy_disagreement_rate", "value"] == rate.value
    assert samples["understudy_disagreement_rate", "hi"] == rate.hi
    assert ("understudy_latency_candidate_p99_ms", "hi") not in samples


def test_what_is_not_known_has_no_sample():
    """A zero would be read as one."""
    bounds = {sample.labels["bound"] for family in report_families([empty()]) for sample in family.samples}
    assert "value" not in bounds
