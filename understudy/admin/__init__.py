"""The admin API: reports, coverage and candidates. Anybody on its address may read; only the token allows changes.

app.py         the application: guard, ops, API
guard.py       who may ask: Host, Origin, token, content type; headers of every answer
worker.py      the role's worker: it holds the routes in force
candidates.py  candidates and sampling: list, add, change, pause, resume, restart, remove
evaluation.py  each candidate judged by its policies, every 10 s; changes of a verdict recorded
findings.py    coverage, report, plans; coverage as metrics; the page at /
queries.py     which parameters a query may have
answers.py     JSON answers with their schema number
problems.py    every error as problem details (RFC 9457)
"""
