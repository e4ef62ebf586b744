"""Understudy beside nginx and Envoy, in one run on one machine: `python -m benchmarks`.

    machine.py     cores, priorities, CPU time of process trees, what the machine is
    processes.py   programs that are measured or help: started on a core, ended by their own pids
    traffic.py     the one request and the one answer
    endpoints.py   production, and the candidate in its conditions
    candidate.py   the candidate that is slow, hung or answers garbage (a program of its own)
    open_loop.py   open-loop load at a fixed rate (a program of its own)
    saturate.py    closed-loop load by wrk
    subjects/      what stands between: nothing, nginx, Envoy, Understudy
    sections.py    which subjects are measured how, and for how long: a function each of --only's names
    throughput.py, latency.py, faults.py   measurements of the proxy: what is done, no printing
    shared_cores.py  production's latency where all roles and the load share both cores
    apart.py       a server that writes head and body apart: what a proxy adds (a program of its own)
    startup.py     how long the command takes to say what it is
    comparison.py  measurement of comparing: record bytes to summary, summary to report (a program of its own)
    made_pairs.py  the answers that are compared there
    scrape.py      what a scrape of the admin role costs with a week of hours (a program of its own)
    memory.py      the process while it compares ten million pairs (a program of its own)
    windows.py     one measured window: its result, CPU time by process, what the machine took
    figures.py     windows to medians and ratios
    budgets.py     what the numbers must be, and how far they are
    judging.py     figures to judgements, and what is no evidence
    report.py      figures and budgets to tables
    tables.py      tables as text and Markdown
    instrument/    what the latency instrument says where the truth is known (`python -m benchmarks.instrument`)
    replay/        `understudy replay`: what a request costs it, beside other load generators; how true it is to a plan
    clips/         where differences are cut off for a mean, on what real models say (`python -m benchmarks.clips`)
    soak/          half an hour under faults: nothing lost, wrong or kept (`python -m benchmarks.soak`)

One core is the proxy's, the other carries all the rest. Only comparison.py, memory.py, scrape.py,
open_loop.py, clips/, replay/, soak/clients.py and subjects/ours.py import the product.
"""
