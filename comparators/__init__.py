"""Pairs in, report out. The statistics know no I/O.

    settings.py    what decides a comparison, as an operator writes it
    extract/       an answer's bytes → outputs by name, by a plan
    turns.py       pairs unpacked, a bounded amount at a time
    reads.py       a pair → both answers read, or why not
    compare/       two outputs → what is different, and sums of it: a module for each kind of output
    comparison.py  what was found in one pair
    batch.py       read pairs → comparisons and their summary: one pure function
    slices/        which requests disagree more than others, found by what they ask
    summary.py     comparisons → mergeable sums
    sums.py        what every mergeable state is made of
    bounded.py     counts by name that stay bounded and still merge exactly
    statistics/    sums → values with intervals
    metric.py      the ways in which sums become a metric
    metrics.py     which metrics there are
    hints.py       what a report proposes to its reader
    view.py        what of a report a person may see
    report.py      metrics, coverage, versions → the report: the JSON face
    broken.py      parts of a report that could not be made
    render/        report → text, JSON, Markdown, HTML
    epochs.py      which pairs may be pooled
    evidence.py    which epochs' sums a report is about
    examples.py    which pairs a person is shown, and what of them
    judging.py     a batch judged, and a pair that breaks us set aside
    recompute.py   recorded pairs judged again
    replan.py      the plans by which they are judged again
    errors.py      what can go wrong

    worker.py      pairs of the store → summaries of the store: which lanes run here
    lane.py        one partition of one candidate
    states.py      a partition's summaries while a lane owns it
    sampling.py    which pairs go to the store's samples
    agreed.py      plans and epochs, as all workers agreed on them
    agreed_slices.py  the conditions of slices, as all workers agreed on them
    merging.py     summaries of all partitions and hours, merged where they changed
    figures.py     what is scraped, derived where something changed
    current.py     summaries of the store → evidence → report
    exposition.py  Prometheus families

The files above the gap are pure: they know no time, no randomness and no store.
"""
