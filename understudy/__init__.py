"""The command and its face.

cli.py, commands/    the subcommands: options in, exit code out
settings.py          what an operator may write; loading.py reads it, checks.py holds the rules between settings,
                     settings_page.py makes docs/settings.md
overlay.py           changes at run time, laid over the file; changes.py makes them, bounds.py says which the file
                     allows, overlays.py stores them, following.py tells a role of them
serve.py             a start, in order; starting.py refuses what can't start, plan.py is what a start prints, sockets.py
                     what it binds, datadir.py where it writes
supervisor.py        the roles' processes; workers.py keeps one alive, channel.py carries what both say, watchdog.py
                     tells when it hangs, backoff.py when to start it again, priority.py how it is scheduled,
                     settlement.py books what a dead one had counted, retention.py tells how long records last
child.py             a role's process: roles.py makes its worker, ops.py answers /healthz, /readyz and /metrics,
                     connections.py what is refused there
embedded_redis.py    the store, where no address is given; embedded_server.py finds its program, append_only.py
                     closes what a full disk left in its files, redis_keeper.py replaces it when it dies or hangs
admin/               the admin API
demo/                real models on real traffic
evidence.py          which candidates have reports; reporting.py makes one, recorded.py, recomputing.py and
                     recompute_pool.py make one anew
told.py              which routes and candidates commands know, with or without settings
recordings.py        export and import; opening.py opens the store for commands, progress.py draws their bar
logs.py, urls.py     one line an event, no password in any
errors.py            what can go wrong that is no wrong setting
"""
