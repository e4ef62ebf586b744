"""The subcommands. A command's file has `add`, which adds its parser and names the function that runs it.

parsing.py         the parser: exit codes, near misses
files.py           files that a command reads or writes
options.py         options of several commands: the settings and where they come from
serve.py           serve
check.py           check
demo.py            demo
report.py          report
gate.py            gate
replay.py          replay: a run, a source's content, the capacity, the demo
replay_options.py  what these are told, and whom it names
replay_results.py  replay report, replay compare: of runs that were kept
history.py         history
promote.py         promote
who.py             who runs a command
recordings.py      export, import
candidates.py      candidates, over the admin API
"""
