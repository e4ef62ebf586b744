"""What a person is shown of a report: blocks (metrics/document.py), in an order that is decided here once. Pure.

whole.py     document_of: head, coverage, kinds of request, examples
requests.py  one kind of request: how it disagrees, fails, and how long it takes
load.py      of a replay: whether it is evidence, and how it was sent
noise.py     what it does beyond noise
outputs.py   its outputs, its slices
grounds.py   on what an output's comparison rests
lines.py     counts, reasons, versions and metrics, as lines
"""
