"""The live path, and the mirror that follows it.

    settings.py  routes, endpoints, candidates, sampling
    sampling.py  which requests are recorded: pure
    versions.py  an endpoint's version and build: pure
    marker.py    X-Understudy-Shadow, which marks a copy: pure
    routes.py    which route a request belongs to: pure
    live/        client → production, the capture, the group commit; nothing here can be delayed by a candidate
    mirror/      recorded exchanges → candidate, in other processes

Live path and mirror don't import each other; neither knows a comparator.
"""
