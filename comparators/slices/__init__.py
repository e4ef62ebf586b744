"""Slices: which requests disagree more than the others, found by what they ask. Pure; others store and report.

    conditions.py    what can be true of a request, frozen for an epoch
    hours.py         the hour of a time
    enumerating.py   the first requests → conditions
    overlap.py       which conditions are counted together
    matching.py      a batch of requests → which conditions each satisfies
    sums.py          how many requests satisfy each condition, and how much they disagree
    intervals.py     the rate's confidence sequence, for many slices at once
    e_values.py      the evidence that slices disagree more than all others
    finder.py        sums → the slices that are named
    slicing.py       the slices of one kind of request in one epoch, at work
    first_slices.py  conditions and sums of the first requests, as they are stored
    learning.py      gathers the first requests

Learning → FirstSlices (stored, the first writer wins) → Slicing → SliceSums → find.
"""
