"""The command and its face.

cli.py, commands/  the subcommands: options in, exit code out
settings/          what an operator may write, read and checked
site/              what stands on this machine: data directory, sockets, the embedded server
control/           what is in force at run time
operations/        what every role answers: /healthz, /readyz, /metrics
admin/             the admin API
processes/         the roles' processes, kept alive
serve/             a start, in order
recompute/         a report made anew from recorded pairs
history/           what was found and decided, each entry with the hash of the last
promotion/         the decision that a candidate becomes production
replay/            recorded traffic as a load on a candidate, and what came of it
reading/           commands that read a store: report, export; and import
demo/              real models on real traffic
metrics_page.py    the tables of docs/statistics.md, from the registry
logs.py            one line an event, no password in any
progress.py        the bar of long work
errors.py          what can go wrong that is no wrong setting
exit_codes.py      of every command
"""
