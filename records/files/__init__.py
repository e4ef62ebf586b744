"""Recordings to and from files.

jsonl.py  a recording as JSON Lines
lines.py  the shape of a line in such a file
"""
