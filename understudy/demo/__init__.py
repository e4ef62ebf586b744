"""`understudy demo`: real models, real traffic, two candidates shadowed, a report of each.

    performance.py  the play from first to last: train, start, send, settle, report
    progress.py     what a person sees meanwhile
    processes.py    the child processes it needs, and their end, whatever happens
    running.py      what a running serve tells over HTTP: readiness, coverage, reports
    errors.py       why it ended without its reports

Models, data and traffic are in examples/flights; nothing else in understudy/ imports them.
"""
