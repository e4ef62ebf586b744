"""`understudy replay`: recorded traffic sent to a candidate as a load, and its answers scored.

target.py      who is asked, and whether that is allowed
traffic.py     a source, read into the stock of a run
inspecting.py  what a source holds
request.py     what a command line asks for, as a plan's outline
running.py     one replay, from its source to its report
hosts.py       this host's part of a run on several
meeting.py     how they begin it
store_clock.py the clock that all of them know
host_line.py   how they hear of each other
handing.py     how host 1 gets what the others sent
following.py   a run as it is shown while it lasts
capacity.py    runs at several loads
results.py     what a run came to, as a file of its own
forms.py       what is printed of it
captures.py    captures of a shadow test that ran elsewhere, as a report
comparing.py   two runs side by side
"""
