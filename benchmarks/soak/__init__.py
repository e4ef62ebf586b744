"""Understudy under load and random faults for half an hour: `python -m benchmarks.soak`, or `make soak`.

    __main__.py   the arguments, the order of a run, the exit code
    schedule.py   which fault comes when: a seed's own order                                   pure
    faults.py     the faults: how each begins and ends, and which errors of a client it explains
    site.py       what a run stands on; a method for each fault
    serving.py    `understudy serve` as its user runs it: started, ended, asked, looked at from outside
    journal.py    what it has logged
    endpoints.py  production and candidate, each on a port that stays
    clients.py    open-loop load whose every answer is checked (a program of its own)
    driving.py    that program, held by the run
    memory.py     the size of every process, and whether it is flat
    judging.py    from what was counted and seen to what is wrong                               pure
    telling.py    the timeline, the counts and the verdict, as text

Nothing is pinned to a core: all roles, production, candidate and load share what the machine has.
"""
