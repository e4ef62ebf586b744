"""Understudy beside nginx and Envoy, in one run on one machine: `python -m benchmarks`.

    machine.py     cores, priorities, CPU time of process trees, what the machine is
    processes.py   programs that are measured or help: started on a core, ended by their own pids
    traffic.py     the one request and the one answer
    endpoints.py   production, and the candidate in its conditions
    candidate.py   the candidate that is slow, hung or answers garbage (a program of its own)
    load.py        open-loop load at a fixed rate (a program of its own)
    saturate.py    closed-loop load by wrk
    subjects/      what stands between: nothing, nginx, Envoy, Understudy
    throughput.py, latency.py, faults.py   the three measurements: what is done, no printing
    figures.py     medians and ratios
    budgets.py     what the numbers must be, and how far they are
    tables.py      tables as text and Markdown

One core is the proxy's, the other carries all the rest. Nothing of the product is imported.
"""
