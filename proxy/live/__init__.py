"""The live path: client → production, and what is captured of it on the way to the store.

    service.py   a request's route, by its path
    intake.py    a route's requests: counted, drawn for the record or not, given to a relay
    relay.py     one request's life, from head to offer
    no_answer.py what client and log are told where production gave no answer
    forward.py   the heads we send: to production, to the client
    ids.py       ids of exchanges and traces
    route.py     a route at work: pool, what is kept of answers, counters, shelf
    capture.py   what is kept in hand: bounded in items and bytes; offer()
    recorder.py  group commit to the store
    counters.py  what was served, in a memory-mapped file that outlives the process
    in_hand.py   how many calls production has in hand, over all workers of a host
    metrics.py   these counters for /metrics
    worker.py    one worker: sockets, pools, routes, drain

Nothing here waits for the store, and nothing here knows a candidate.
"""
