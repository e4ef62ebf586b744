"""How the hosts of a run begin it: they wait for each other, hold that they are about to do the same, and start on one
mark, which host 1 sets by the store's clock.
"""

import asyncio
from time import monotonic, monotonic_ns

import msgspec

from loadtest.hosts import HostHello, RunStart, absent, disagreement, named
from records.store.rendezvous import RunRefused, RunView
from understudy.errors import HostsError
from understudy.replay.host_line import HostLine
from understudy.replay.store_clock import read_clock
from understudy.settings.loading import SettingsError

START_IN_US = 3_000_000  # from the mark's being set to the mark: all hear of it, read the clock, and hear that all did
LEAST_NOTICE_NS = 200_000_000  # between all that and the mark
LOOK_S = 0.1


class HostMeeting:
    """Raises SettingsError where a host should not be in this run, HostsError where it does not begin, StoreError."""

    def __init__(self, line: HostLine, hello: HostHello, join_s: float) -> None:
        """`join_s`: how long the others are waited for."""
        self._line = line
        self._hello = hello
        self._join_s = join_s

    async def start(self) -> RunStart:
        deadline = monotonic() + self._join_s
        view = await self._join()
        while missing := absent(view.of, view.hosts):
            what = f"{named(missing)} of {view.of} did not join within {self._join_s:g} s"
            view = await self._later(view, deadline, what)
        if why := disagreement(_hellos(view)):
            raise SettingsError("--run", why, self._line.run)
        if self._line.host.number == 1:
            view = await self._line.rendezvous.set_mark(view.now_us + START_IN_US)
        while view.mark_us is None:
            view = await self._later(view, deadline + self._line.silent_s, "host 1 did not set the start")
        start = await self._start_at(view.mark_us)
        await self._all_ready(start)
        self._line.keep_up()
        return start

    async def _join(self) -> RunView:
        try:
            return await self._line.rendezvous.join(self._hello.to_bytes(), self._line.silent_s)
        except RunRefused as error:
            raise self._refusal(error) from None

    def _refusal(self, error: RunRefused) -> SettingsError:
        view, run, host = error.view, self._line.run, self._line.host
        hellos = _hellos(view)
        if any(each.plan_sha256 != self._hello.plan_sha256 for each in hellos.values()):
            return SettingsError("--run", f"is in use by {named(list(hellos))}, with another plan; choose another", run)
        if error.why == "of":
            return SettingsError("--host", f"run {run} is one of {view.of} hosts", f"{host.number}/{host.of}")
        return SettingsError("--host", f"host {host.number} has joined run {run} already", host.number)

    async def _later(self, view: RunView, deadline: float, what: str) -> RunView:
        for number, why in self._line.lost(view).items():
            raise HostsError(f"run {self._line.run} does not begin: host {number} {why}")
        if monotonic() >= deadline:
            raise HostsError(f"run {self._line.run} does not begin: {what}")
        await asyncio.sleep(LOOK_S)
        return await self._line.view() or view

    async def _start_at(self, mark_us: int) -> RunStart:
        start = (await read_clock(self._line.rendezvous)).start_at(mark_us * 1_000)
        if start.at_ns - monotonic_ns() < LEAST_NOTICE_NS:
            raise HostsError(f"run {self._line.run} was about to start when host {self._line.host.number} heard of it")
        return start

    async def _all_ready(self, start: RunStart) -> None:
        """Who was cut off meanwhile would be missed only when it had been silent for long, with the load of the others
        sent.
        """
        deadline = (start.at_ns - LEAST_NOTICE_NS) / 1e9
        view = await self._line.rendezvous.confirm()
        while missing := absent(view.of, view.ready):
            view = await self._later(view, deadline, f"{named(missing)} did not hear of the start in time")


def _hellos(view: RunView) -> dict[int, HostHello]:
    return {number: _hello(number, about) for number, about in view.hosts.items()}


def _hello(number: int, about: bytes) -> HostHello:
    try:
        return HostHello.from_bytes(about)
    except msgspec.DecodeError:
        raise SettingsError("--run", f"host {number} is of another release; install the same one on each") from None
