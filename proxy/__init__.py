"""The live path, and the mirror that follows it.

    settings.py  routes, candidates, noise, sampling
    sampling.py  which requests are recorded: pure
    routes.py    which route a request belongs to: pure
    live/        client → production, the capture, the group commit; nothing here can be delayed by a candidate
    mirror/      recorded exchanges → candidate, in other processes

Live path and mirror don't import each other; neither knows a comparator.
"""
