"""Commands that read a store, without their options.

opening.py     opens the store, running or not
reporting.py   a report, live or recomputed
recordings.py  export and import
"""
