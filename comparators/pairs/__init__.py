"""From pairs to a summary. Pure.

turns.py       pairs unpacked, a bounded amount at a time
reads.py       a pair → both answers read, or why not
heads.py       two readings, output by output
comparison.py  what was found in one pair
noise.py       production's second answer, beside the candidate's
noise_sums.py  what the candidate does beyond noise, as sums
batch.py       read pairs → comparisons and their summary: one function
judging.py     a batch judged, and a pair that breaks us set aside
stretches.py  how much neighbours in time resemble each other, in a replay
latencies.py   how long both took, and how they were asked, as sums
summary.py     comparisons → mergeable sums
examples.py    which pairs a person is shown, and what of them
farthest_pairs.py  those whose answers are farthest apart
by_epoch.py    what is kept for each of the latest epochs
"""
