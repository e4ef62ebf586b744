"""HTTP/1.1 connections, server and client side, on asyncio protocols.

    head.py      a request's head: strict reading (httptools and our own checks)
    answer.py    an answer's head: strict reading first, then as loose as nginx's or curl's
    fields.py    header rules: hop-by-hop, framing
    body.py      body framing: by length, chunked, until close
    server.py    the side a client talks to
    server_link.py  how its connection flows, waits and ends
    server_states.py  where its connection stands: a table of states
    request_body.py  a request's body, as it comes
    refusals.py  answers of our own to what is not served
    client.py    one connection to an endpoint
    receiver.py  who is told what comes: of a request, of an answer
    pool.py      an endpoint's connections: keep-alive, cap, bounded wait, refreshed addresses
    idle.py      for how long an endpoint keeps an idle connection: announced, or learned
    sockets.py   what the kernel knows of a connection to an endpoint
    descriptors.py  how many files the process may open, and how many clients fit
    names.py     a host name's addresses, refreshed
    outbox.py    the writes of one turn of the loop, handed to the kernel together
    sweep.py     one coarse timer for all deadlines of a process
    address.py   where an endpoint is: http://, https://, unix:
    listen.py    listening sockets and TLS
    settings.py  limits and timeouts
    errors.py    whose fault it was

Nothing here knows what a model, a route or a recording is.
"""
