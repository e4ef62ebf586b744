"""Commands that read a store, without their options.

opening.py     opens the store, running or not
judging.py     judgements on a candidate: now, until decided, or of a stored report
reporting.py   a report, live or recomputed
records.py     a judgement on record
histories.py   a route's history, and whether it holds
recordings.py  export and import
"""
