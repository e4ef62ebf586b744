"""The admin API: reports, coverage, candidates, verdicts. Anybody on its address may read, unless settings demand a
token; only a token allows changes.

app.py         the application: guard, ops, API
guard.py       who may ask: Host, Origin, token, content type; headers of every answer
worker.py      the role's worker: it holds the routes in force
candidates.py  candidates and sampling: list, add, change, pause, resume, restart, remove
evaluation.py  each candidate judged by its policies, every 10 s; changes of a verdict recorded
reports.py     reports on the candidates in force, for all that answers or judges
findings.py    coverage, report, plans; coverage as metrics; the page at /
gate.py        the verdict for delivery controllers, and Flagger's hooks
verdicts.py    who is judged by which policy, anew for each request
flagger.py     what a call of Flagger's asks about
queries.py     which parameters a query may have
answers.py     JSON answers with their schema number
problems.py    every error as problem details (RFC 9457)
"""
