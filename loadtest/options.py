"""How a plan is sent: from which hosts and processes, with how many in flight. Pure."""

from typing import NamedTuple


class HostPlace(NamedTuple):
    """Which host of a run this is, from 1 on."""

    number: int = 1
    of: int = 1


class LoadOptions(NamedTuple):
    """`processes` of each host; they divide the plan, all hosts' together. `max_in_flight`: of all of them.
    `max_in_flight_is_meant`: the user chose it, so that waiting for a place is part of the test. `closed`: each request
    as soon as there is a place; after `closed_for_ns` no more are sent, where that is said. `max_lag_ms`: how late the
    generator's p99 may be, where the user says so. `rhythm` in words.
    """

    rhythm: str
    processes: int = 1
    max_in_flight: int = 4_096
    max_in_flight_is_meant: bool = False
    closed: bool = False
    closed_for_ns: int | None = None
    max_lag_ms: float | None = None
    host: HostPlace = HostPlace()

    @property
    def all_processes(self) -> int:
        return self.processes * self.host.of

    @property
    def own_processes(self) -> range:
        """This host's, among all of them."""
        first = (self.host.number - 1) * self.processes
        return range(first, first + self.processes)

    def places_of(self, process: int) -> int:
        """How many requests one of all processes may have in flight; one at least."""
        each, rest = divmod(self.max_in_flight, self.all_processes)
        return max(1, each + (process < rest))
