"""MLflow's scoring server, /invocations (mlflow/pyfunc/scoring_server): {"predictions": list | records | object}.

Records are rows of a data frame, and an object holds named outputs: both are split by name. A request that is passed to
the model unwrapped (`messages`, `prompt`, `input`) gets the model's own answer, without "predictions": that is read as
JSON. The body has no version of the model. Errors are {"error_code", "message"}. reading.py calls this.
"""

from comparators.extract.document import parsed
from comparators.extract.output import Document, Reading
from comparators.extract.shaping import heads, refuse_error

EXPECTED = ("predictions",)


def read(data: bytes) -> Reading:
    """Members beside "predictions" (a trace, what a platform adds) are not the model's, and not compared."""
    body = parsed(data)
    refuse_error(body, EXPECTED)
    if type(body) is dict and "predictions" in body:
        return Reading(heads("/predictions", body["predictions"], records=True))
    return Reading({"": Document(body, plain=b"true" not in data and b"false" not in data)})
