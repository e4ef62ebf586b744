"""`history.jsonl` in the data directory: a line for each link, of all routes. One process writes it, others may read.

Whatever was written is on the disk before anybody relies on it. A last line without an end is what a crash left: it
was never relied on, and goes with the next write.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from understudy.history.chain import Chain, Link, UnreadableLink


class DamagedHistory(Exception):
    """A line of the file is no link; says which."""


class HistoryFile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, list[Link]]:
        """By route; empty where there is none. Raises DamagedHistory, OSError."""
        found: dict[str, list[Link]] = {}
        for number, line in enumerate(self._lines(), 1):
            try:
                link = Link.of(line)
            except UnreadableLink as error:
                raise DamagedHistory(f"line {number} of {self.path} is no entry of a history: {error}") from None
            found.setdefault(link.what.route, []).append(link)
        return found

    def _lines(self) -> list[bytes]:
        try:
            whole = self.path.read_bytes()
        except FileNotFoundError:
            return []
        return whole.split(b"\n")[:-1]

    def append(self, links: Iterable[Link]) -> None:
        """Raises OSError."""
        lines = b"".join(link.data + b"\n" for link in links)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            whole = file.read()
            file.seek(whole.rfind(b"\n") + 1)
            file.truncate()
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())

    def replace(self, chains: Mapping[str, Chain]) -> None:
        """Raises OSError."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(link.data + b"\n" for chain in chains.values() for link in chain)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)
