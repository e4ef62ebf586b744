"""Trains production's model on a sample of January to September, and exports it to ONNX. Half a minute at most.

    python -m examples.flights.train --models .understudy/flights

An export is worth nothing unless it answers alike, so `train` compares the two on flights of later months, missing
values included, and refuses to leave a pair that differs. Called by model_server.py and by `understudy demo`.
"""

import argparse
import shutil
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from examples.flights import data
from examples.flights.features import FEATURES
from examples.flights.models import (
    CLASSIFIER_FILE,
    DEFAULT_DIRECTORY,
    ONNX_FILE,
    Classifier,
    Columns,
    Encoder,
    Ported,
    Production,
    is_trained,
)

SEED = 2013
# Half as many trees as by default, twice as bold: as good here, and answered in half the time.
TREES, LEARNING_RATE = 50, 0.2
# 32-bit floats have a relative precision of 6e-8; fifty trees are added up.
EXPORT_TOLERANCE = 1e-5


class ExportError(Exception):
    """The exported model answers otherwise than the one it was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """How good the model is on flights of later months, and how far its export is from it."""

    rows: int
    unseen_rows: int
    auc: float
    export_difference: float

    def __str__(self) -> str:
        return (
            f"trained on {self.rows:,} flights; AUC {self.auc:.3f} on {self.unseen_rows:,} of later months; "
            f"its ONNX export differs by at most {self.export_difference:.1e}"
        )


def train(directory: Path, rows: int = 60_000, unseen_rows: int = 20_000) -> TrainingResult:
    """Leaves the classifier and its export in `directory`, all or nothing: servers may start at the same time."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        trained = _train_in(workshop, rows, unseen_rows)
        _move(workshop, directory)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return trained


def _train_in(directory: Path, rows: int, unseen_rows: int) -> TrainingResult:
    table, target = data.training_sample(rows, SEED)
    columns = _columns(table)
    encoder = Encoder.fitted(columns)
    classifier = HistGradientBoostingClassifier(max_iter=TREES, learning_rate=LEARNING_RATE, random_state=SEED)
    classifier.fit(encoder.matrix(columns), target)
    encoder.save(directory)
    joblib.dump(classifier, directory / CLASSIFIER_FILE)
    (directory / ONNX_FILE).write_bytes(_exported(classifier))

    unseen, arrived_late = data.unseen_sample(unseen_rows, SEED)
    answered = Production(directory).predict(_columns(unseen))["probability"]
    ported = Ported(directory).predict(_columns(unseen))["probability"]
    difference = float(np.max(np.abs(answered - ported)))
    if difference > EXPORT_TOLERANCE:
        raise ExportError(f"the ONNX export differs by {difference:.1e}; at most {EXPORT_TOLERANCE:.0e} would be right")
    auc = float(roc_auc_score(arrived_late, answered))
    return TrainingResult(rows=len(table), unseen_rows=len(unseen), auc=auc, export_difference=difference)


def _exported(classifier: Classifier) -> bytes:
    shape = FloatTensorType([None, len(FEATURES)])
    with warnings.catch_warnings():
        # skl2onnx 1.20 hands protobuf a bool where it wants an int, for each missing value's branch: protobuf 6 warns,
        # 7 refuses. Hence `protobuf<7` in the `demo` extra.
        warnings.simplefilter("ignore", DeprecationWarning)
        model = to_onnx(
            classifier,
            initial_types=[("matrix", shape)],
            options={id(classifier): {"zipmap": False}},
            target_opset={"": 17, "ai.onnx.ml": 3},
        )
    return bytes(model.SerializeToString())


def _columns(table: pd.DataFrame) -> Columns:
    return {name: table[name].tolist() for name in FEATURES}


def _move(workshop: Path, directory: Path) -> None:
    try:
        workshop.rename(directory)
    except OSError:
        # Somebody else was first. The seed is fixed: theirs is the same.
        if not is_trained(directory):
            raise


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.flights.train", description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=DEFAULT_DIRECTORY, help="where to (default: %(default)s)")
    directory = parser.parse_args().models
    if is_trained(directory):
        print(f"{directory} has the models already", file=sys.stderr)
        return 0
    print(train(directory))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
