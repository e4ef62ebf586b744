"""Recorded pairs, judged again. Pure; understudy/recompute runs it over a store.

plans.py  the plans they are judged by: stored ones, unless settings say otherwise
parts.py  a part of the pairs → its share of the evidence
"""
