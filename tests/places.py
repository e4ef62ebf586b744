"""Directories for tests."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def short_directory() -> Iterator[Path]:
    """A new one whose path leaves room for a Unix socket's name, which pytest's own may not."""
    with tempfile.TemporaryDirectory(prefix="us-", dir="/tmp") as directory:
        yield Path(directory)
