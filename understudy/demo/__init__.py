"""`understudy demo`: real models, real traffic, two candidates shadowed, a report and a verdict of each.

    performance.py  the play from first to last: train, start, send, settle, report, judge
    progress.py     what a person sees meanwhile
    processes.py    the child processes it needs, and their end, whatever happens
    running.py      what a running serve tells over HTTP: readiness, coverage, reports
    replay_play.py  another play: a recording replayed as a load
recorder.py     what production answers to flights, as a recording
judging.py      a verdict of each, by a policy that is made for it
    errors.py       why it ended without its reports

Models, data and traffic are in examples/flights; nothing else in understudy/ imports them.
"""
