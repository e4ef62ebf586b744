"""Pure statistics: numbers in, numbers out. No I/O, no clock, no randomness, no noun of the records.

exact.py      shares as whole multiples of 2^-40, so that sums are the same in any order
sequences.py  confidence sequences: intervals that stay valid however often one looks
sketch.py     a mergeable histogram of positive values, with a bounded relative error
quantiles.py  intervals of quantiles, and of the ratio of two, from sketches
estimate.py   what each of them answers: a value, its interval, or the reason why there is none
"""
