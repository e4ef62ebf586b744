"""The three models behind the servers. They promise the same: columns in, the same two outputs out.

    production  the classifier as it was trained; a missing value takes the branch it took in training
    ported      the same trees in ONNX Runtime, in 32-bit floats
    skewed      production's weights behind serving code of its own, which fills what is missing with 0: every
                metric of the training run still holds, and the answers are others. It builds a table for every
                request as well, which is slow

train.py writes what they load; model_server.py calls `predict`. Nothing here knows a protocol.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from examples.flights.features import CATEGORIES, FEATURES, NUMBERS

DEFAULT_DIRECTORY = Path(".understudy/flights")
CLASSIFIER_FILE = "classifier.joblib"
ENCODER_FILE = "encoder.json"
ONNX_FILE = "classifier.onnx"

NAME = "late"
# A traveller who wasn't warned loses more than one who was warned for nothing.
LATE_FROM = 0.3

INPUTS = dict.fromkeys(CATEGORIES, "BYTES") | dict.fromkeys(NUMBERS, "FP64")
OUTPUTS = {"probability": "FP64", "late": "BOOL"}

Columns = Mapping[str, Sequence[Any]]
Outputs = dict[str, npt.NDArray[Any]]
Matrix = npt.NDArray[np.float64]


class Encoder(msgspec.Struct, frozen=True):
    """Columns to the matrix that the classifier was trained on. What is missing, or was never seen, is NaN."""

    codes: dict[str, dict[str, int]]

    @classmethod
    def fitted(cls, columns: Mapping[str, Sequence[str]]) -> "Encoder":
        return cls({name: {v: i for i, v in enumerate(sorted(set(columns[name])))} for name in CATEGORIES})

    @classmethod
    def load(cls, directory: Path) -> "Encoder":
        return msgspec.json.decode((directory / ENCODER_FILE).read_bytes(), type=cls)

    def save(self, directory: Path) -> None:
        (directory / ENCODER_FILE).write_bytes(msgspec.json.encode(self))

    def matrix(self, columns: Columns) -> Matrix:
        codes = [[self.codes[name].get(value) for value in columns[name]] for name in CATEGORIES]
        return sixty_fourths(np.array([*codes, *(columns[name] for name in NUMBERS)], dtype=np.float64).T)


def sixty_fourths(matrix: Matrix) -> Matrix:
    """Rounded so that 32-bit floats hold each number exactly, and the middle of any two, which is where trees split.

    Otherwise a number close to a split may fall to the other side of it in the export.
    """
    return np.round(matrix * 64) / 64


class Classifier(Protocol):
    def predict_proba(self, matrix: Matrix) -> npt.NDArray[np.float64]: ...


class FlightModel(ABC):
    """What the three have in common: the contract with their clients."""

    name: str = NAME
    version: str
    inputs: Mapping[str, str] = INPUTS
    outputs: Mapping[str, str] = OUTPUTS

    def predict(self, columns: Columns) -> Outputs:
        probability = self._probability(columns)
        return {"probability": probability, "late": probability >= LATE_FROM}

    @abstractmethod
    def _probability(self, columns: Columns) -> npt.NDArray[np.float64]: ...


class Production(FlightModel):
    version = "1.0.0"

    def __init__(self, directory: Path) -> None:
        self._encoder = Encoder.load(directory)
        self._classifier = load_classifier(directory)

    def _probability(self, columns: Columns) -> npt.NDArray[np.float64]:
        return self._classifier.predict_proba(self._encoder.matrix(columns))[:, 1]


class Ported(FlightModel):
    version = "1.0.0-onnx"

    def __init__(self, directory: Path) -> None:
        # From 1.29 on ONNX Runtime reports to its maker, unless told otherwise before it is imported.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._encoder = Encoder.load(directory)
        self._session = onnxruntime.InferenceSession(directory / ONNX_FILE, options)

    def _probability(self, columns: Columns) -> npt.NDArray[np.float64]:
        matrix = self._encoder.matrix(columns).astype(np.float32)
        (probabilities,) = self._session.run(["probabilities"], {"matrix": matrix})
        # The contract says FP64, whatever the runtime computes in: a client must not have to change.
        return np.asarray(probabilities[:, 1], dtype=np.float64)


class Skewed(FlightModel):
    version = "1.1.0"

    def __init__(self, directory: Path) -> None:
        import pandas as pd

        self._table: Callable[..., Any] = pd.DataFrame
        self._encoder = Encoder.load(directory)
        self._classifier = load_classifier(directory)

    def _probability(self, columns: Columns) -> npt.NDArray[np.float64]:
        codes = {name: [self._encoder.codes[name].get(value) for value in columns[name]] for name in CATEGORIES}
        table = self._table({**columns, **codes}, columns=list(FEATURES), dtype=np.float64)
        return self._classifier.predict_proba(sixty_fourths(table.fillna(0).to_numpy()))[:, 1]


MODELS: Mapping[str, type[Production] | type[Ported] | type[Skewed]] = {
    "production": Production,
    "ported": Ported,
    "skewed": Skewed,
}


def is_trained(directory: Path) -> bool:
    return all((directory / name).is_file() for name in (CLASSIFIER_FILE, ENCODER_FILE, ONNX_FILE))


def load_classifier(directory: Path) -> Classifier:
    """What train.py left. A joblib file can run code when it is read: load only what you wrote."""
    import joblib

    classifier: Classifier = joblib.load(directory / CLASSIFIER_FILE)
    return classifier
