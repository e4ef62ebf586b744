"""Directories: the repository's, and new ones for a test."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]  # of the repository
PACKAGES = ("understudy", "proxy", "loadtest", "calling", "comparators", "records", "http1", "ground")


@contextmanager
def short_directory() -> Iterator[Path]:
    """A new one whose path leaves room for a Unix socket's name, which pytest's own may not."""
    with tempfile.TemporaryDirectory(prefix="us-", dir="/tmp") as directory:
        yield Path(directory)
