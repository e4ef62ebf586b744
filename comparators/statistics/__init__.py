"""Pure statistics: numbers in, numbers out. No I/O, no clock, no randomness, no noun of the records.

exact.py        real terms as whole multiples of 2^-40, so that sums are the same in any order
sequences.py    confidence sequences: intervals that stay valid however often one looks
edges.py        a mergeable histogram of clipped values, which keeps their mean
bets.py         intervals of such means, as valid as the sequences
clips.py        differences of any size, one a request: what is said of them
sketch.py       a mergeable histogram of positive values, with a bounded relative error
quantiles.py    intervals of quantiles, and of the ratio of two, from sketches
contingency.py  two classifiers on the same cases: McNemar, e-values, kappa
distances.py    between probability distributions
agreement.py    concordance, and rank agreement over a joint histogram
joint_histogram.py  two series together, in bins that adapt to them
axis_histogram.py  numbers in cells of one width, which adapts to them
sample_distances.py  two samples as distributions: Wasserstein-1, Kolmogorov-Smirnov, stability index
clusters.py     the design effect of requests that resemble each other
rbo.py          rank-biased overlap, with ties
directions.py   vectors: cosine, and what chance gives
iou.py          overlap of boxes, and their matching
greatest.py     the largest of some values, as a state that merges; ends.py: likewise the first and the last text
sums.py         what every mergeable state is made of
reports_alone.py  which sums reports alone read, and states without them
name_counts.py  counts by name that stay bounded and still merge exactly
count_min.py    counts of any number of names, never too small
crossing.py     where a function changes its sign: the ends of intervals
estimate.py     what each of them answers: a value, its interval, or the reason why there is none
"""
