"""The latency instrument's own test: `python -m benchmarks.instrument`.

    server.py    a server whose latency is known: so many requests at a time, each for so long (a program of its own)
    clients.py   clients that wait for their answers, or that do not (a program of its own)
    cases.py     which servers under which loads
    measuring.py a case run through Understudy, and the same measured directly
    __main__.py  runs the cases, prints the table, says which are missed

Production and candidate are the same program (A/A), and then the candidate one that is 1.35 times slower: the report
must say 1 and 1.35, or that the candidate does not keep up, whatever the load. Of one program against itself the
interval must be narrow, pair by pair: two medians of a queue that is nearly full vary by more than 5 % over thousands
of requests, and together.
"""
