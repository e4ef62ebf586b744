"""`understudy replay`: what a request costs it, beside other load generators; and how true it is to its plan.

recordings.py  made-up traffic, in files as `understudy export` writes them
command.py     a program run to its end: what it printed, how long it took, what CPU time it used
costs.py       CPU a request, at saturation: the replay's and other generators'
peers.py       the other generators: how each is started, and what it says it has sent
fidelity.py    ten minutes of bursts in one: how late, and how much distorted
tables.py      what was found, as tables
"""
