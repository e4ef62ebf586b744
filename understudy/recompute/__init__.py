"""A report made anew from recorded pairs.

pair_selection.py  which pairs there are
pool.py            a pool of processes that judge parts of them
recomputing.py     from settings to the report
"""
