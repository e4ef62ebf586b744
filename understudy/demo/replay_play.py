"""The replay's play: train, record what production answers to flights, and replay that against a candidate as a load.

It uses what anybody would: the model servers of examples/, and `understudy replay` as a process. Its report goes to
stdout, progress to stderr. The recording, the results and the page stay in a directory, to look at.
"""

import asyncio
import os
import tempfile
from asyncio.subprocess import create_subprocess_exec
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from understudy.demo.errors import DemoError
from understudy.demo.performance import environment, module, url_of
from understudy.demo.processes import Processes
from understudy.demo.progress import display, stage
from understudy.exit_codes import INTERRUPTED

REQUESTS_PER_S = 60.0
CANDIDATE = "skewed"
SPEED = "2x"
THRESHOLDS = ("disagreement.rate <= 0.02", "response.p90_ms <= 250")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """`directory`: what the play leaves behind."""

    requests: int
    directory: Path


def perform(options: ReplayOptions) -> int:
    """The exit code of the replay. Raises DemoError."""
    try:
        options.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(f"{options.directory}: {error.strerror}") from None
    with tempfile.TemporaryDirectory(prefix="understudy-demo-") as scratch:
        return asyncio.run(_ReplayPlay(options, Path(scratch)).perform())


class _ReplayPlay:
    def __init__(self, options: ReplayOptions, scratch: Path) -> None:
        self._options = options
        self._scratch = scratch
        self._console = Console(stderr=True, highlight=False)

    async def perform(self) -> int:
        directory = self._options.directory
        recording, results, page = (directory / name for name in ("traffic.jsonl", "run.jsonl", "run.html"))
        async with Processes(self._scratch, environment(os.environ)) as processes:
            candidate = await self._recorded(processes, recording.resolve())
            words = ("replay", str(recording), "--candidate", f"{CANDIDATE}={candidate}", "--speed", SPEED)
            self._tell(f"  understudy {' '.join(words)} …")
            thresholds = [word for each in THRESHOLDS for word in ("--threshold", each)]
            code = await _run(*words, *thresholds, "-o", str(results))
        if code != INTERRUPTED and results.exists():
            await _run("replay", "report", str(results), "--format", "html", "-o", str(page))
            self._tell(f"With pictures: {page}. What was recorded: understudy replay inspect {recording}")
        return code

    async def _recorded(self, processes: Processes, recording: Path) -> str:
        """The candidate's address, when production's answers are recorded."""
        with display(self._console) as progress:
            with stage(progress, "Training on flights of January to September"):
                await (await processes.start("train", *module("examples.flights.train"), *self._models())).ready
            with stage(progress, "Starting two model servers"):
                production = await self._model_server(processes, "production")
                candidate = await self._model_server(processes, CANDIDATE)
            with stage(progress, "Recording what production answers to flights of October"):
                words = ("--url", production, "--requests", str(self._options.requests), "--per-s", str(REQUESTS_PER_S))
                recorder = (*module("understudy.demo.recorder"), *words, "-o", str(recording))
                await (await processes.start("record", *recorder)).ready
        return candidate

    def _tell(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)

    def _models(self) -> Sequence[str]:
        return "--models", str(self._scratch / "models")

    async def _model_server(self, processes: Processes, name: str) -> str:
        server = await processes.start(
            name, *module("examples.flights.model_server"), "--model", name, *self._models(), "--port", "0",
            until=" is at http://",
        )  # fmt: skip
        return url_of(await server.ready)


async def _run(*words: str) -> int:
    """A command as anybody would run it; it shares our terminal."""
    process = await create_subprocess_exec(*module("understudy"), *words)
    return await process.wait()
