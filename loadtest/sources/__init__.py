"""Where traffic comes from. Each source reads requests one after another, in a bound of memory, and counts what it
leaves out.

    source.py      what every source gives
"""
