"""The history of a route: what was found of its candidates, and what was decided, each entry with the hash of the last.

entry.py         an entry, and a fold in place of many: their canonical bytes
chain.py         links: whether they hold together, how many there may be
verdicts.py      what was found last, and what is a change
settings_hash.py the settings under which it was
page.py          a history as a person reads it
asker.py         who asks: a job of CI, or a user
writer.py        appends to the store
file.py          the copy in the data directory
safekeeping.py   keeps the copy, and puts it back into a store that was emptied
"""
