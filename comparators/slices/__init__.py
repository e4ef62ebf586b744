"""Slices: which requests disagree more than the others, found by what they ask. Pure; others store and report.

    conditions.py      what can be true of a request, frozen for an epoch
    hours.py           the hour of a time
    enumerating.py     the first requests → conditions
    later.py           requests that come later → conditions on what is new in them
    corners.py         which two conditions meet in a slice of their own
    overlap.py         which conditions are counted together
    matching.py        a batch of requests → which conditions each satisfies
    octaves.py         a bounded picture of distances, by powers of two
    sums.py            how many requests satisfy each condition, and how much they disagree
    intervals.py       the rate's confidence sequence, for many slices at once
    e_values.py        the evidence that some slices disagree more than others
    evidence.py        that of each condition and corner, and how much it takes to name one
    finder.py          sums → the slices that are named
    slicing.py         the slices of one kind of request in one epoch, at work
    learned_slices.py  conditions and sums of the first requests, as they are stored
    samples.py         gathers requests
    learning.py        the first requests, gathered → what is to be stored

Learning → LearnedSlices (stored, the first writer wins) → Slicing → SliceSums → find; Watching proposes later ones.
"""
