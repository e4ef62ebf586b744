"""The play from first to last: train, start, send, settle, report, judge; and everything that was started is ended.

It uses what anybody would: the model server of examples/, `understudy serve` as a process, its admin API. Reports go to
stdout, progress to stderr.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
from rich.console import Console
from rich.progress import Progress

from understudy.demo.errors import DemoError
from understudy.demo.judging import verdict_on
from understudy.demo.processes import Child, Processes
from understudy.demo.progress import display, stage
from understudy.demo.running import RunningServe

if TYPE_CHECKING:
    from examples.flights.traffic import Due, TrafficOutcome

CANDIDATES = ("ported", "skewed")
MODELS = ("production", *CANDIDATES)
# What two cores carry with three models beside the proxy, mornings being three times as busy as the mean.
REQUESTS_PER_S = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    requests: int
    listen: str
    admin: str
    stay: bool


def perform(options: Options) -> None:
    """Raises DemoError; what was logged stays then, and the error says where."""
    directory = Path(tempfile.mkdtemp(prefix="understudy-demo-"))
    try:
        asyncio.run(_Performance(options, directory).perform())
    except DemoError as error:
        raise DemoError(f"{error}\nThe logs are in {directory}") from error
    except BaseException:
        shutil.rmtree(directory)
        raise
    shutil.rmtree(directory)


class _Performance:
    def __init__(self, options: Options, directory: Path) -> None:
        self._options = options
        self._directory = directory
        self._models = str(directory / "models")
        self._console = Console(stderr=True, highlight=False)

    async def perform(self) -> None:
        _end_when_terminated()
        async with (
            Processes(self._directory, environment(os.environ)) as processes,
            aiohttp.ClientSession() as session,
        ):
            with display(self._console) as progress:
                schedule = await self._prepare(processes, progress)
                running = await self._start(processes, session, progress)
                sent = await self._send(running, schedule, progress)
                with stage(progress, "Comparing the last of them"):
                    await running.until_settled(sent.requests)
            for candidate in CANDIDATES:
                sys.stdout.write(f"{await running.report(candidate)}\n")
            for candidate in CANDIDATES:
                report = await running.report(candidate, "json")
                sys.stdout.write(f"{await asyncio.to_thread(verdict_on, report.encode())}\n")
            sys.stdout.flush()
            if self._options.stay:
                self._console.print(_while_it_stays(running), soft_wrap=True)
                await asyncio.Event().wait()

    async def _prepare(self, processes: Processes, progress: Progress) -> "list[Due]":
        """The models trained, and the traffic ready to send; both at the same time."""
        with stage(progress, "Training on flights of January to September"):
            training = await processes.start("train", *module("examples.flights.train"), "--models", self._models)
            schedule = await asyncio.to_thread(_schedule, self._options.requests)
            trained = await training.ready
        self._console.print(f"  {trained}", soft_wrap=True)
        return schedule

    async def _start(self, processes: Processes, session: aiohttp.ClientSession, progress: Progress) -> RunningServe:
        with stage(progress, "Starting three model servers and the proxy"):
            servers = {name: await self._model_server(processes, name) for name in MODELS}
            urls = {name: url_of(await server.ready) for name, server in servers.items()}
            serve = await self._serve(processes, urls)
            running = RunningServe(session, json.loads(await serve.ready))
            await running.until_ready()
        self._console.print(f"  proxy on {running.proxy}, admin on {running.admin}")
        return running

    async def _model_server(self, processes: Processes, name: str) -> Child:
        arguments = ("--model", name, "--models", self._models, "--port", "0")
        return await processes.start(name, *module("examples.flights.model_server"), *arguments, until=" is at http://")

    async def _serve(self, processes: Processes, urls: Mapping[str, str]) -> Child:
        arguments = ["--production", urls["production"]]
        for name in CANDIDATES:
            arguments += ["--candidate", f"{name}={urls[name]}"]
        arguments += ["--listen", self._options.listen, "--admin", self._options.admin]
        arguments += ["--data-dir", str(self._directory / "data")]
        return await processes.start("serve", *module("understudy"), "serve", *arguments, until='"serve.started"')

    async def _send(self, running: RunningServe, schedule: "list[Due]", progress: Progress) -> "TrafficOutcome":
        from examples.flights import traffic

        task = progress.add_task("Flights of October take off", total=len(schedule))
        sent = await traffic.send(running.proxy, schedule, lambda: progress.advance(task))
        if sent.ok != len(schedule):
            raise DemoError(f"not every request was answered with 200: {sent}")
        return sent


def _schedule(requests: int) -> "list[Due]":
    from examples.flights import data, traffic

    return traffic.requests(data.traffic(requests), seconds=requests / REQUESTS_PER_S)


def url_of(said: str) -> str:
    """From a model server's `NAME is at URL/v2/models/late`."""
    return said.partition(" is at ")[2].partition("/v2/")[0]


def _while_it_stays(running: RunningServe) -> str:
    return (
        f"It stays up, with reports on {running.admin}, until Ctrl-C. More traffic:\n"
        f"  {sys.executable} -m examples.flights.traffic --url {running.proxy}"
    )


def module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The demo is the same for everybody: what this shell sets for a serve of its own does not reach it."""
    others = {name: value for name, value in ours.items() if not name.startswith("UNDERSTUDY_")}
    free = {f"UNDERSTUDY_OPS__{role}": "127.0.0.1:0" for role in ("PROXY", "MIRROR", "COMPARE")}
    # A second OpenMP thread for one row costs more than it saves, and training shares its cores with the rest.
    return {**others, **free, "OMP_NUM_THREADS": "1"}


def _end_when_terminated() -> None:
    """SIGTERM ends the play as Ctrl-C does: by way of everything's own end."""
    this = asyncio.current_task()
    assert this is not None  # noqa: S101 - we run in it
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
