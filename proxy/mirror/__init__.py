"""The mirror: recorded exchanges → a candidate → pairs, in processes of its own.

worker.py     the candidates of the settings, given to the store's steward
charge.py     a candidate as the steward sees to it
lane.py       one partition of one candidate: read, call, commit
sender.py     what a candidate's lanes have read, sent in order: one for all its partitions of a process
order.py      production's order of events: what is due when, and what was done otherwise: pure
timeline.py   production's clock and this process's, and the delay between them: pure
candidate.py  a candidate at work: whether it may be called, what became of it
noise.py      asks production once more, for a share of a candidate's exchanges
breaker.py    when an endpoint is left alone: pure
rows.py       which calls failed one after another, as they were started: pure
pacer.py      how fast an outage is caught up: pure
warm_up.py    which pairs are among the first: pure
endings.py    what a lane has finished and not yet committed: pure
bell.py       wakes everyone who waits
metrics.py    the mirror's numbers for /metrics
"""
