"""MLflow's scoring server, /invocations (mlflow/pyfunc/scoring_server): {"predictions": list | records | object}.

Records are rows of a data frame, and an object holds named outputs: both are split by name. A request that is passed to
the model unwrapped (`messages`, `prompt`, `input`) gets the model's own answer, without "predictions": that is read as
JSON. The body has no version of the model. Errors are {"error_code", "message"}.

Requests hold a data frame (`dataframe_split`, `dataframe_records`, or CSV whose first line is names), tensors
(`instances`, `inputs`), and `params` beside them. reading.py calls this.
"""

from itertools import chain

from comparators.extract import asking, leaves
from comparators.extract.columns import Columns, gathered
from comparators.extract.document import parsed
from comparators.extract.output import Document, Reading
from comparators.extract.request_body import CSV, RequestBody
from comparators.extract.shaping import heads, refuse_error

EXPECTED = ("predictions",)


def read(data: bytes) -> Reading:
    """Members beside "predictions" (a trace, what a platform adds) are not the model's, and not compared."""
    body = parsed(data)
    refuse_error(body, EXPECTED)
    if type(body) is dict and "predictions" in body:
        return Reading(heads("/predictions", body["predictions"], records=True))
    return Reading({"": Document(body, plain=b"true" not in data and b"false" not in data)})


def asked(body: RequestBody) -> Columns:
    """Parameters are features by their pointers: `/params/temperature`."""
    if body.content_type == CSV:
        return gathered(asking.of_named_csv(body.data))
    document = body.document()
    if type(document) is not dict or type(document.get("params")) is not dict:
        return gathered(asking.by_look(document))
    rest = {name: value for name, value in document.items() if name != "params"}
    return gathered(chain(asking.by_look(rest), leaves.of_document({"params": document["params"]})))
