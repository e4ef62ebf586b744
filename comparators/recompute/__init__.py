"""Recorded pairs, judged again. Pure; understudy/recompute runs it over a store.

parts.py  a part of the pairs → its share of the evidence
"""
