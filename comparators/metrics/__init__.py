"""What a metric is. Pure.

metric.py  one value, one interval, its method; the ways in which sums become one
"""
