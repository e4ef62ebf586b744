"""What a request asks, a few values by name: for slices, and whoever else tells requests apart. Pure.

features.py  a request → its features: those of its body, as its protocol has them, and those that settings name
units.py     whose it is: what counts as one piece of evidence
"""
