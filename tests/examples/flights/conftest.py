"""One small training run for all tests of the example: trained once, read by many."""

from pathlib import Path

import pytest

from examples.flights.train import TrainingResult, train


@pytest.fixture(scope="session")
def models_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("flights") / "models"
    train(directory, rows=3_000, unseen_rows=3_000)
    return directory


@pytest.fixture(scope="session")
def retrained(models_directory: Path) -> TrainingResult:
    """What a second run over the same directory reports."""
    return train(models_directory, rows=3_000, unseen_rows=3_000)
