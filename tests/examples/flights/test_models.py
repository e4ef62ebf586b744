"""What the three models promise about each other, on flights that none was trained on."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from examples.flights import data
from examples.flights.features import CATEGORIES, FEATURES, NUMBERS
from examples.flights.models import (
    LATE_FROM,
    MODELS,
    Columns,
    Encoder,
    Ported,
    Production,
    Skewed,
    is_trained,
    sixty_fourths,
)
from examples.flights.train import EXPORT_TOLERANCE, TrainingResult


@pytest.fixture(scope="module")
def unseen() -> Columns:
    table, _ = data.unseen_sample(2_000, seed=7)
    return {name: table[name].tolist() for name in FEATURES}


def test_ported_answers_as_production_does_with_missing_values_too(models_directory: Path, unseen: Columns) -> None:
    """Within 1e-5, on rows most of which miss something."""
    gaps = np.isnan(np.array([unseen[name] for name in NUMBERS], dtype=float)).any(axis=0)
    production = Production(models_directory).predict(unseen)["probability"]
    ported = Ported(models_directory).predict(unseen)["probability"]

    assert gaps.mean() > 0.5
    np.testing.assert_allclose(ported, production, rtol=0, atol=EXPORT_TOLERANCE)


def test_skewed_answers_otherwise_only_where_something_is_missing(models_directory: Path, unseen: Columns) -> None:
    """The weights are production's; filling with 0 is all that differs."""
    gaps = np.isnan(np.array([unseen[name] for name in NUMBERS], dtype=float)).any(axis=0)
    production = Production(models_directory).predict(unseen)["probability"]
    skewed = Skewed(models_directory).predict(unseen)["probability"]

    differs = np.abs(production - skewed) > EXPORT_TOLERANCE
    assert differs[gaps].mean() > 0.3
    assert not differs[~gaps].any()


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_warns_from_its_threshold_on(name: str, models_directory: Path, unseen: Columns) -> None:
    """`late` is `probability` against one number, the same for all."""
    outputs = MODELS[name](models_directory).predict(unseen)

    warned: npt.NDArray[np.bool_] = outputs["late"]
    assert 0 < warned.sum() < warned.size
    assert outputs["probability"][warned].min() >= LATE_FROM > outputs["probability"][~warned].max()


def test_what_training_never_saw_is_missing_to_the_model() -> None:
    """A new airport is NaN, not an error and not somebody else's code; a null number is NaN as well."""
    seen = {name: ["A", "B"] for name in CATEGORIES}
    asked = {name: ["B", "elsewhere"] for name in CATEGORIES} | {name: [1.5, None] for name in NUMBERS}

    matrix = Encoder.fitted(seen).matrix(asked)

    assert matrix.shape == (2, len(FEATURES))
    np.testing.assert_array_equal(matrix[0], [1.0] * len(CATEGORIES) + [1.5] * len(NUMBERS))
    assert np.isnan(matrix[1]).all()


def test_a_number_and_the_middle_of_any_two_are_exact_in_32_bits() -> None:
    """So a split, which trees put in such a middle, parts 32-bit floats as it parts 64-bit ones."""
    flights = data.flights()
    for name in NUMBERS:
        values = np.unique(sixty_fourths(flights[name].dropna().to_numpy()))
        middles = (values[1:] + values[:-1]) / 2

        assert (values.astype(np.float32) == values).all(), name
        assert (middles.astype(np.float32) == middles).all(), name


def test_the_runtime_of_ported_is_told_to_report_to_nobody(models_directory: Path, tmp_path: Path) -> None:
    """ONNX Runtime leaves a session file in the temporary directory where it is about to."""
    program = (
        f"from pathlib import Path; from examples.flights.models import Ported; Ported(Path({str(models_directory)!r}))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}

    subprocess.run([sys.executable, "-c", program], check=True, env=environment | {"TMPDIR": str(tmp_path)})

    assert list(tmp_path.iterdir()) == []


def test_training_reports_how_good_the_model_is_on_later_months(retrained: TrainingResult) -> None:
    """Far better than guessing, even on a small sample, and faithful in its export."""
    assert retrained.auc > 0.8
    assert retrained.export_difference < EXPORT_TOLERANCE


def test_training_over_a_directory_that_somebody_filled_meanwhile_leaves_theirs(
    models_directory: Path, retrained: TrainingResult
) -> None:
    """Servers may start at the same time: one run's files stay, whole, and no workshop is left beside them."""
    assert retrained.rows == 3_000
    assert is_trained(models_directory)
    assert [path.name for path in models_directory.parent.iterdir()] == [models_directory.name]
