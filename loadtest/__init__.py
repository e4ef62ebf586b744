"""Recorded traffic, sent again on a schedule and scored.

sources/   where traffic comes from: recordings, files of other tools
results/   what a run came to, and its forms for other tools
errors.py  what can go wrong, and whose fault it is
"""
