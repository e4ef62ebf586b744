"""KServe V1, {"predictions": [...]}; an explainer adds "explanations" (kserve.github.io, V1 protocol).

The protocol is "not strictly enforced": members that a server adds are outputs too, so that nothing in an answer goes
uncompared unless settings ignore it; and an answer without predictions is read as an object of outputs, or as rows. The
body has no version. Errors are {"error": "<text>"} (kserve/errors.py). reading.py calls this.
"""

from comparators.extract.document import parsed
from comparators.extract.output import Reading
from comparators.extract.shaping import are_names, by_member, heads, refuse_error

EXPECTED = ("predictions", "explanations")


def read(data: bytes) -> Reading:
    body = parsed(data)
    if type(body) is dict and len(body) == 1 and "predictions" in body:  # nearly all answers
        return Reading(heads("/predictions", body["predictions"]))
    refuse_error(body, EXPECTED)
    if type(body) is dict and not body.keys().isdisjoint(EXPECTED) and are_names(body):
        return Reading(by_member(body))
    return Reading(heads("", body))
