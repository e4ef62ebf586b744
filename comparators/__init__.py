"""Pairs in, report out. All but `stored/` is pure: no store, no asyncio, no clock, no environment.

    settings.py  what decides a comparison, as an operator writes it
    errors.py    what can go wrong
    statistics/  sums → values with intervals
    metrics/     what a metric is, the ways in which sums become one, and the document that shows them
    extract/     an answer's bytes → outputs by name; a module for each protocol
    features/    what a request asks, a few values by name
    compare/     two outputs → what is different, and sums of it; a module for each kind of output
    plans/       how one kind of request is read and compared
    hiding.py    what the rules that redact hide, by names and places
    view.py      what of a report a person may see
    slices/      which requests disagree more than others, found by what they ask
    pairs/       pairs → comparisons → a summary of mergeable sums
    evidence/    which sums belong together, the report of them, and its document
    recompute/   recorded pairs, judged again
    render/      document → text, JSON, Markdown, HTML
    policy/      a report and a policy → a verdict
    stored/      pairs of the store → summaries of the store → report: the only room that does I/O

Each room may use those above it in this list; `render` and `stored` don't know each other, and
`policy` and `stored` neither.
"""
