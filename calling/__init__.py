"""Asking one endpoint: a recorded request goes out, an observation of the answer comes back.

    settings.py   endpoints and how they are asked, as an operator writes them
    endpoint.py   where calls go: pool and compiled rules
    call.py       one call, from a connection to its observation
    stopwatch.py  when things happened in a call, and the observation: the live path's too
    copying.py    an exchange as a request to the endpoint: pure
    marker.py     X-Understudy-Shadow, which marks a copy: pure
    versions.py   an endpoint's version and build: pure

Nothing here knows where a request came from, or what is made of its answer.
"""
