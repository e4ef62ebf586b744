"""The subcommands: each file adds its parser and runs it; cli.py knows them by these two functions alone.

options.py     what several commands take: the settings and where they come from
serve.py       serve
demo.py        demo
report.py      report
recordings.py  export, import
candidates.py  candidates, over the admin API
opening.py     the store, opened directly
"""
