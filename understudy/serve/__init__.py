"""A start.

serving.py  in order: checks, store, sockets, processes; and its end
printed.py  what a start prints
"""
