"""A start.

serving.py  in order: checks, store, sockets, processes; and its end
banner.py   what a start prints
"""
