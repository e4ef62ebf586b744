"""The clients as a program of their own, held by the run: what they have said so far, and their end."""

import subprocess
import sys
import threading
from dataclasses import fields
from pathlib import Path
from typing import Self

from benchmarks.soak.clients import CONNECT_S, PATIENCE_S, ClientTally, Trouble, told

END_S = PATIENCE_S + CONNECT_S + 10.0
MAX_TROUBLES = 100_000  # kept of a run


class Driver:
    """Use as a context manager; `end` stops the load and answers the last word."""

    def __init__(self, port: int, rate: float) -> None:
        self.troubles: list[Trouble] = []
        self._told = ClientTally()
        command = [sys.executable, "-m", "benchmarks.soak.clients", str(port), str(rate)]
        self._process = subprocess.Popen(
            command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._listening.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    @property
    def told(self) -> ClientTally:
        return self._told

    def end(self) -> ClientTally:
        """Ask for no more, wait for what is under way. Raises TimeoutExpired."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(END_S)
        self._listening.join(END_S)
        return self._told

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = told(line)
            room = MAX_TROUBLES - len(self.troubles)
            self.troubles += said.troubles[:room]
            said.untold += len(said.troubles[room:])
            said.troubles = []
            self._told = said


def together(several: list[ClientTally]) -> ClientTally:
    """The counts of drivers that ran one after the other."""
    counts = [each.name for each in fields(ClientTally) if each.name != "troubles"]
    return ClientTally(**{name: sum(getattr(each, name) for each in several) for name in counts})
