"""Which sums belong together, and what they say. Pure.

epochs.py           which pairs may be pooled
partition_book.py   what is booked of a partition for its next owner
versions.py         which versions evidence is of, and which are asked for
current_epochs.py   the current epoch of each kind of request
meanwhile.py        what else answered while the current epochs did
gathering.py        which epochs' sums a report is about
request_metrics.py  the metrics of requests
noise.py            what the candidate does beyond noise, by path and by output
concurrency.py      whether both sides had as many requests in hand, and what is told where not
registry.py         all metrics, by name
metric_index.py     a report's metrics by their addresses
load.py             of a replay: what a report says of its load
load_metrics.py     likewise, its metrics
hints.py            what a report proposes to its reader
output_hints.py     what is said of an output whose rate alone would mislead
tolerances.py       within what the numbers of an output agree
breakage.py         parts of a report that could not be made
exceedance.py       how often latencies are above a limit of one's own
distributions.py    latencies as they are spread, and their chart
report.py           what a report holds: the JSON face
kind_of_request.py  the sums of one kind of request → its part of a report
request_slices.py   likewise, which of its requests differ more than others
building.py         evidence, coverage, plans, examples → the report
scrape.py           what of a report is scraped, within a bound
document/           the report → blocks: what a person is shown, in which order
"""
