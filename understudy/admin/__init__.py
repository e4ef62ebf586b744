"""The admin API: what was found and what is running, read by anybody on its address, changed with the token alone.

app.py         the application: guard, ops, API
guard.py       who may ask: Host, Origin, token, content type; headers of every answer
worker.py      the role's worker: nothing but its routes
candidates.py  candidates and sampling: list, add, change, pause, resume, restart, remove
findings.py    coverage, report, plans; and coverage as metrics
problems.py    every error as problem details (RFC 9457)
pages.py       the page at /
"""
