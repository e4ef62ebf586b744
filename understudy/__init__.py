"""The command and its face.

cli.py, commands/    the subcommands: options in, exit code out
settings.py          what an operator may write; loading.py reads it, checks.py holds the rules between settings
overlay.py           what was changed at run time, over the file; changes.py changes it, overlays.py stores it,
                     following.py tells a role of it
serve.py             a start, in order; plan.py what it prints, sockets.py what it binds, datadir.py where it writes
supervisor.py        the roles' processes; workers.py one of them, channel.py what is said to it, backoff.py when it
                     is started again, settlement.py what a dead one had counted, retention.py how long records last
child.py             a role's process: roles.py makes its worker, ops.py its /healthz, /readyz and /metrics
embedded_redis.py    the store, where no address is given; embedded_server.py finds its program
admin/               the admin API
demo/                real models on real traffic
evidence.py          whose reports there are
logs.py, urls.py     one line an event, no password in any
"""
