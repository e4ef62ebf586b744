"""Pairs in, report out. The statistics know no I/O.

    settings.py    what decides a comparison, as an operator writes it
    extract/       an answer's bytes → a typed output, by a plan
    compare/       two outputs → what is different
    comparison.py  what was found in one pair
    batch.py       pairs → comparisons: one pure function
    summary.py     comparisons → mergeable sums
    bounded.py     counts by name that stay bounded and still merge exactly
    statistics/    sums → values with intervals
    metrics.py     summary → metrics
    report.py      metrics, coverage, versions → the report: the JSON face
    render/        report → text, JSON, Markdown, HTML
    epochs.py      which evidence may be pooled
    examples.py    which pairs a person is shown, and what of them
    judging.py     a batch judged, and a pair that breaks us set aside
    errors.py      what can go wrong

    worker.py      pairs of the store → summaries of the store: which lanes run here
    lane.py        one partition of one candidate
    states.py      its summaries while it is owned
    agreed.py      plans and epochs, as all workers agreed on them
    current.py     summaries of the store → report
    exposition.py  Prometheus families

What stands above the gap is pure: time, randomness and the store are kept outside of it.
"""
