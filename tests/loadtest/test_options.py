"""How a plan is divided among hosts and their processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadtest.engine.process import rows_of
from loadtest.options import HostPlace, LoadOptions
from loadtest.plan import Outline, plan_of
from loadtest.rhythms import ConstantRate
from tests.loadtest.staging import MS, recorded, stocked


@pytest.mark.parametrize(("hosts", "workers", "most"), [(1, 1, 4), (1, 3, 4_096), (3, 2, 7), (2, 2, 3), (5, 4, 1_000)])
def test_all_hosts_together_have_as_many_in_flight_as_may_be(hosts: int, workers: int, most: int) -> None:
    """And each process of each host has a number of its own; one in flight is the least."""
    options = [LoadOptions("", workers, most, host=HostPlace(number, hosts)) for number in range(1, hosts + 1)]
    numbers = [number for each in options for number in each.own_processes]
    assert numbers == list(range(hosts * workers))
    places = [each.places_of(number) for each in options for number in each.own_processes]
    assert sum(places) == max(most, hosts * workers)
    assert max(places) - min(places) <= 1


def test_all_hosts_together_send_a_plan_once_and_each_session_whole(tmp_path: Path) -> None:
    """By the same rule as processes of one host."""
    requests = [recorded(number, number * MS, session=f"s{number % 7}" if number % 3 else "") for number in range(500)]
    stock, _ = stocked(tmp_path / "s", "http://127.0.0.1:9", requests, lambda each: each.session)
    plan = plan_of(stock.index, Outline(ConstantRate(100), in_sessions=True))
    options = [LoadOptions("", 2, host=HostPlace(number, 3)) for number in (1, 2, 3)]
    shares = [rows_of(plan, stock.index, each.own_processes, each.all_processes) for each in options]
    of_processes = [rows_of(plan, stock.index, range(number, number + 1), 6) for number in range(6)]
    stock.close()
    assert sorted(np.concatenate(shares).tolist()) == list(range(500))
    assert all(len(each) > 50 for each in shares)
    assert [sorted(each.tolist()) for each in shares] == [
        sorted([*of_processes[first].tolist(), *of_processes[first + 1].tolist()]) for first in (0, 2, 4)
    ]
    sessions = [set(stock.index.session[plan.item[each]].tolist()) - {0} for each in shares]
    assert not sessions[0] & sessions[1]
    assert not sessions[0] & sessions[2]
    assert not sessions[1] & sessions[2]
