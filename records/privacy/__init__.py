"""What may be kept, passed on or shown. Pure.

kept_rules.py        what may be kept or passed on: allow list of headers, query credentials
withheld_headers.py  headers that settings rest on, and no candidate gets
redaction.py         keyed pseudonyms for what a person sees
percent_encoding.py  what percent-encoding keeps from a pattern
pointers.py          JSON pointers, many at once
units.py             whose a request is, as a keyed hash
"""
