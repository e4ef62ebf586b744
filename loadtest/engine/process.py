"""A sending process: its part of the plan, from the mapped stock to the target, and what came back to its spill.

It is told everything by a Job, waits for the start mark, which all processes of a run share, and says how far it is
several times a second. SIGINT is for who started it.
"""

import asyncio
import gc
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from time import process_time

import numpy as np
import uvloop
from msgspec import Struct
from numpy.typing import NDArray

from calling.endpoint import CalledEndpoint
from calling.settings import CallSettings
from ground.room import room_for
from http1.descriptors import raise_limit
from http1.sweep import Sweep
from loadtest.engine.sender import PlanSender, due_requests
from loadtest.engine.spill import MORE_ROOM, SpillWriter
from loadtest.options import LoadOptions
from loadtest.plan import LoadPlan
from loadtest.stock import Stock
from loadtest.stock_index import StockIndex
from records.settings import KeptSettings

TELL_S = 0.2


class SendingJob(Struct, frozen=True, kw_only=True):
    """What one process has to do. `number` of `processes`, which divide the plan, those of other hosts among them;
    `closed`, `closed_for_ns` as in PlanSender.
    """

    stock: Path
    plan: Path
    spill: Path
    number: int
    processes: int
    endpoint: CallSettings
    kept: KeptSettings
    max_in_flight: int
    closed: bool
    closed_for_ns: int | None = None


class StartMark(Struct, frozen=True, tag="mark"):
    """When the run starts, by CLOCK_MONOTONIC, which all processes of a host share."""

    at: int


class Halt(Struct, frozen=True, tag="halt"):
    """Send no more. `at_once`: and wait for nothing."""

    at_once: bool


class Standing(Struct, frozen=True, kw_only=True):
    """How far a process is. `broken`: why it can keep nothing of what comes back. `cpu_s`: what it has used since the
    start mark.
    """

    sent: int = 0
    ended: int = 0
    failed: int = 0
    in_flight: int = 0
    was_full: bool = False
    failures_in_a_row: int = 0
    last_failure: str = ""
    broken: str = ""
    cpu_s: float = 0.0
    is_done: bool = False


def rows_of(plan: LoadPlan, index: StockIndex, numbers: range, processes: int) -> NDArray[np.int64]:
    """The rows of these processes: each session is whole, and what has none is dealt out in turn."""
    session = index.session[plan.item]
    rows = np.arange(plan.size)
    process = np.where(session != 0, session, rows) % processes
    own: NDArray[np.int64] = rows[(process >= numbers.start) & (process < numbers.stop)]
    return own


def share_of(plan: LoadPlan, index: StockIndex, options: LoadOptions) -> int:
    """How many requests of the plan are this host's."""
    if options.host.of == 1:
        return plan.size
    return len(rows_of(plan, index, options.own_processes, options.all_processes))


def send(job: SendingJob, pipe: Connection) -> None:
    """The whole life of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise_limit()
    uvloop.run(_send(job, pipe))


async def _send(job: SendingJob, pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    stock, plan = Stock(job.stock), read_plan(job.plan)
    sweep = Sweep(loop)
    spill = SpillWriter(job.spill)
    endpoint = CalledEndpoint(
        "/", job.endpoint, kept=job.kept, secret=b"", sweep=sweep, stamps_streams=True,
        random=Random(0),  # noqa: S311 - nothing is made here
    )  # fmt: skip
    item = plan.item
    sender = PlanSender(
        due_requests(plan, rows_of(plan, stock.index, range(job.number, job.number + 1), job.processes)),
        bytes_of=lambda row: stock.request(int(item[row])),
        callee=endpoint,
        keep=spill.add,
        max_in_flight=job.max_in_flight,
        closed=job.closed,
        closed_for_ns=job.closed_for_ns,
    )
    _collect_rarely()
    _tell(pipe, Standing())
    mark = await loop.run_in_executor(None, _word, pipe)
    loop.add_reader(pipe.fileno(), _hear, pipe, sender)
    before = process_time()
    if isinstance(mark, StartMark):
        sender.start(mark.at)
        while not sender.is_done:
            await asyncio.sleep(TELL_S)
            spill.flush()
            _tell(pipe, _standing(sender, spill, before))
    loop.remove_reader(pipe.fileno())
    spill.close()
    _tell(pipe, _standing(sender, spill, before, is_done=True))
    await endpoint.close()
    sweep.stop()
    stock.close()


def _hear(pipe: Connection, sender: PlanSender) -> None:
    word = _word(pipe)
    if isinstance(word, Halt):
        sender.give_up() if word.at_once else sender.stop()


def _word(pipe: Connection) -> object:
    """It ends this process where who started it is gone, or does not begin."""
    try:
        return pipe.recv()
    except (EOFError, ConnectionResetError):
        os._exit(1)


def _tell(pipe: Connection, standing: Standing) -> None:
    """Likewise."""
    try:
        pipe.send(standing)
    except (BrokenPipeError, ConnectionResetError):
        os._exit(1)


def _standing(sender: PlanSender, spill: SpillWriter, before: float, *, is_done: bool = False) -> Standing:
    return Standing(
        sent=sender.sent,
        ended=sender.ended,
        failed=sender.failed,
        in_flight=sender.in_flight,
        was_full=sender.was_full,
        failures_in_a_row=sender.failures_in_a_row,
        last_failure=sender.last_failure,
        broken=spill.failure,
        cpu_s=process_time() - before,
        is_done=is_done,
    )


def _collect_rarely() -> None:
    """What a call makes dies with it; a search for cycles in the midst of a run would be lag."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)


def write_plan(plan: LoadPlan, path: Path) -> None:
    """Raises NoRoomError."""
    with room_for("the plan", path.parent, MORE_ROOM), path.open("wb") as file:
        np.savez(file, **{name: np.asarray(column) for name, column in plan._asdict().items()})  # type: ignore[arg-type]


def read_plan(path: Path) -> LoadPlan:
    with np.load(path) as columns:
        found = {name: columns[name] for name in LoadPlan._fields}
    return LoadPlan(**{**found, "warmup": int(found["warmup"]), "sha256": str(found["sha256"])})
