"""Nothing between: load speaks to production itself. The baseline that added latency is counted from."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.subjects.subject import Running


class Direct:
    name = "no proxy"
    records = "nothing"
    shadows = False
    store = None

    def missing(self) -> str | None:
        return None

    def version(self) -> str:
        return ""

    @contextmanager
    def running(self, directory: Path, production: int, candidate: int | None) -> Iterator[Running]:
        del directory, candidate
        yield Running(port=production)
