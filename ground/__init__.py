"""What knows nothing of anybody: every package may build on it.

tasks.py      owned background work
alarm.py      rings at a time, to some ten microseconds
plurals.py    a count in words, singular or plural
moments.py    a moment as text
near.py       the name that somebody may have meant
room.py       a file that finds no room, in words
printable.py  text and JSON without characters that cannot be printed
"""
