"""What is in force at run time: the file, and the changes laid over it.

overlay.py    changes at run time, laid over the file
changes.py    makes them
overlays.py   stores them
following.py  tells a role of them
subjects.py   which routes and candidates commands know, with or without settings
evidence.py   which candidates have reports
views.py      how these are seen
retention.py  tells how long records last
"""
