"""What is different between production's answer and a candidate's: one file for each kind of thing compared.

    found.py      what a comparison says: rows, how many disagree, and which differences at which paths
    tolerance.py  when two numbers agree; which paths are not looked at
    outcome.py    status and failure: who answered, in which class
    tensors.py    named tensors, vectorised over a batch
    tree.py       JSON documents, walked side by side
    raw.py        bytes
    latency.py    whether a pair's timings may be compared, and what they are

Each comparator of outputs has one face: `compare(list of (production's, candidate's), rules) -> list of Found`.
"""
