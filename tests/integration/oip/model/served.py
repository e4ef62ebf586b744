"""A model for MLServer, which imports this file from its model repository: sums rows, and names the largest column."""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Sums(MLModel):
    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        (tensor,) = payload.inputs
        rows = NumpyCodec.decode_input(tensor)
        largest = [f"column {index}" for index in rows.argmax(axis=1)]
        outputs = [
            NumpyCodec.encode_output("sum", rows.sum(axis=1, dtype=np.float64)),
            StringCodec.encode_output("largest", largest),
        ]
        return InferenceResponse(model_name=self.name, model_version=self.version, id=payload.id, outputs=outputs)
