"""This host's part of a run on several: it meets the others, sends its share, and hands over what that came to; host 1
takes what all hand over, and makes the one report.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, closing, contextmanager, suppress
from importlib.metadata import version
from threading import Thread
from time import monotonic
from typing import Any, BinaryIO, NamedTuple, TypeVar

from comparators.policy.policy import Policy
from ground.room import NoRoomError
from loadtest.engine.run import EngineError
from loadtest.handover import HandoverError, HandoverWriter
from loadtest.hosts import HostHello
from loadtest.outcome import INTERRUPTED, ReplayOutcome
from loadtest.replaying import Keep, Progress, Replaying
from records.errors import StoreError
from understudy.errors import HostsError
from understudy.reading.opening import opened
from understudy.replay.following import followed
from understudy.replay.handing import Gathering, hand_over
from understudy.replay.host_line import HostLine
from understudy.replay.meeting import HostMeeting
from understudy.replay.request import ReplayRequest, WantedRun
from understudy.replay.running import ReadyReplay, ReplayEnding, ReplaySession, interruptible
from understudy.replay.store_clock import clocked
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings

# What these say may be told to the other hosts.
_IN_WORDS = (SettingsError, HostsError, StoreError, EngineError, NoRoomError)

Answer = TypeVar("Answer")


class StoreThread:
    """A loop in a thread of its own, for what talks to the store. `run` waits for its end, and gives it up when
    interrupted.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="replay.store", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()  # does nothing to one that has ended

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class HostPart(NamedTuple):
    """All that this host has before it sends."""

    wanted: WantedRun
    ready: ReadyReplay
    line: HostLine
    thread: StoreThread


def replay_on_hosts(
    session: ReplaySession, request: ReplayRequest, policy: Policy | None, output: BinaryIO | None, wanted: WantedRun
) -> ReplayEnding | None:
    """None on all hosts but the first, once that one has what they sent. Raises SettingsError, HostsError, StoreError,
    EngineError, and KeyboardInterrupt on a host that was interrupted and makes no report.
    """
    ready = session.ready(request)
    with closing(StoreThread()) as thread, _line(session.settings, wanted, thread) as line:
        part = HostPart(wanted, ready, line, thread)
        if wanted.host.number > 1:
            _serve(part)
            return None
        results = session.results(ready, request, output)
        began = monotonic()
        with _sent(part, results.write) as (sender, own):
            gathering = Gathering(line, ready.judge, results.write, _once_more(sender))
            whole = thread.run(gathering.gather(own, monotonic() - began))
    return ready.ending(whole, policy, results, sender)


def _serve(part: HostPart) -> None:
    line, number = part.line, part.wanted.host.number
    writer = HandoverWriter(line.rendezvous.max_bytes)
    try:
        with _sent(part, writer.add) as (sender, own):
            ended = part.thread.run(line.halted(own.ended_because))
            pieces = writer.close(number, own._replace(ended_because=ended), part.ready.judge.found)
            part.thread.run(hand_over(line, pieces, _once_more(sender)))
    except HandoverError as error:
        raise HostsError(f"run {line.run}, host {number}: {error}") from error
    if sender.was_interrupted:
        raise KeyboardInterrupt
    if sender.broken:
        raise HostsError(f"run {line.run}, host {number}: {sender.broken}")
    sys.stderr.write(f"host 1 has what host {number} sent of run {line.run}, and makes the report\n")


@contextmanager
def _sent(part: HostPart, keep: Keep) -> Iterator[tuple[Replaying, ReplayOutcome]]:
    """With what this host has sent. A SIGINT while the block lasts ends nothing but waiting."""
    ready, wanted = part.ready, part.wanted

    def tell(progress: Progress) -> None:
        shown(progress)
        part.line.follow(sender)

    with followed(ready.planned, ready.plan.lasts_ns, ready.options.closed_for_ns) as shown:
        sender = ready.sender(tell, keep)
        with sender.prepared():
            sys.stderr.write(f"run {wanted.name}: host {wanted.host.number} waits for the others of {wanted.host.of}\n")
            start = part.thread.run(HostMeeting(part.line, _hello(ready), wanted.join_s).start())
            sys.stderr.write(f"all are there: this host sends {ready.planned:,} of {ready.plan.size:,} requests\n")
            with interruptible(sender):
                outcome = sender.send(start)
                yield sender, part.thread.run(clocked(part.line, start, outcome))


def _hello(ready: ReadyReplay) -> HostHello:
    return HostHello(
        plan_sha256=ready.plan.sha256,
        comparison=ready.judge.fingerprint(),
        processes=ready.options.processes,
        release=version("understudy"),
    )


def _once_more(sender: Replaying) -> Callable[[], bool]:
    """Whether it is interrupted from now on."""
    before = sender.interrupts
    return lambda: sender.interrupts > before


@contextmanager
def _line(settings: Settings, wanted: WantedRun, thread: StoreThread) -> Iterator[HostLine]:
    """To the others, who are told where an error ends the block."""
    stack = AsyncExitStack()
    store = thread.run(stack.enter_async_context(opened(settings)))
    line = HostLine(
        store.rendezvous(wanted.name, wanted.host.number, wanted.host.of), wanted.name, wanted.host, store.lease_s
    )
    stack.push_async_callback(line.close)
    try:
        yield line
    except BaseException as error:
        with suppress(StoreError):
            thread.run(line.rendezvous.leave(_told(error)))
        raise
    finally:
        thread.run(stack.aclose())


def _told(error: BaseException) -> str:
    """Not the words of an error that is none of ours: nobody knows what is in them."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return str(error) if isinstance(error, _IN_WORDS) else type(error).__name__
