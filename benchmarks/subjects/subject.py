"""What every subject can do: run between load and production, and say which processes are whose."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.processes import Process


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A subject that listens. `proxy` is what a client's request passes through; `others` work beside it, by name."""

    port: int
    proxy: Process | None = None
    others: dict[str, Process] = field(default_factory=dict)
    recorded: Callable[[], int] | None = None  # how many exchanges its store holds or held
    config: Path | None = None  # its settings, where it has a file of them


class Subject(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def records(self) -> str:
        """What it keeps of each exchange."""

    @property
    def shadows(self) -> bool:
        """Whether it has a candidate when throughput and latency are measured."""

    @property
    def store(self) -> str | None:
        """Which of `Running.others` is its store; None when it has none."""

    def missing(self) -> str | None:
        """What must be installed before it can run; None when nothing is."""

    def version(self) -> str: ...

    def running(self, directory: Path, production: int, candidate: int | None) -> AbstractContextManager[Running]:
        """The subject in front of these ports, while the block lasts; its files go into the directory."""
