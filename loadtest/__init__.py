"""Recorded traffic, sent again on a schedule and scored.

sources/ ──► stock.py ──► plan.py ──► engine/ ──► scoring.py ──► reporting.py, results/
   what        as bytes     when        sent        compared       what it came to

sources/       where traffic comes from: recordings, files of other tools
mooncake.py    recordings as a trace without text: pure
inspection.py  what a source holds, before anything is sent: pure
grouping.py    whose requests are, and which of them a run is about: pure
stock.py       the requests of a run, and what production answered, laid out on disk
stock_index.py of these, what a plan is made of: pure
rhythms.py     when requests are due: pure
plan.py        which request is due when, and its hash: pure
engine/        sends what a plan says, in processes of its own
pair_judge.py  pairs in, a report out, without a store
scoring.py     each answer compared with production's
tokens.py      when the tokens of a streamed answer came: pure
measuring.py   from rows to the sums of metrics, and disagreement against load: pure
side_by_side.py two runs of one plan, request by request: pure
capacity.py    the highest load that meets thresholds: pure
validity.py    whether a run is evidence at all: pure
options.py     from which hosts and processes a plan is sent, with how many in flight: pure
replaying.py   sends a plan, and scores meanwhile
outcome.py     what that came to, on one host or several: pure
handover.py    the same as bytes, from host to host: pure
hosts.py       what hosts have to agree on, and their clocks: pure
reporting.py   from what it came to, to the report: pure
results/       what a run came to, and its forms for other tools
amounts.py     durations, rates and shares as text: pure
thresholds.py  thresholds as checks of a policy: pure
errors.py      what can go wrong, and whose fault it is
"""
