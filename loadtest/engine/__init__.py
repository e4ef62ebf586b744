"""Sends what a plan says, on an absolute clock, in processes of its own.

sender.py   what one process sends when, and what it waits for
process.py  one such process
ended_call.py  a call that has ended: pure data
spill.py    what came back, on its way to the scorer
run.py      all processes of a run as one
"""
