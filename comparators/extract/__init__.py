"""From an answer's bytes to a typed output, by a plan that is decided once.

    output.py     what an answer turns out to be: tensors, a document, or raw bytes
    oip.py        Open Inference Protocol V2, JSON
    document.py   any JSON
    template.py   a request's path with its ids folded
    plan.py       how one (method, path template, model) is read; which plans are known
    reading.py    the table of protocols: plan and answer in, output out

Nothing here compares. What cannot be read is said with `Unreadable`; never guessed, never a match.
"""
