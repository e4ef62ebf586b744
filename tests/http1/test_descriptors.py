"""How many clients fit under a limit of open files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from http1.descriptors import clients_within


@pytest.mark.parametrize(
    ("limit", "wanted", "outward", "clients"),
    [
        (100_000, 10_000, 1_024, 10_000),
        (8_192, 10_000, 1_024, 7_104),
        (1_024, 10_000, 1_024, 480),
        (1_024, 100, 1_024, 100),
        (20, 10_000, 1_024, 1),
    ],
)
def test_clients_get_what_endpoints_leave(limit: int, wanted: int, outward: int, clients: int) -> None:
    """As many as wanted where they fit; never none, or a proxy would serve nobody."""
    assert clients_within(limit, wanted, own=64, outward=outward) == clients


@given(limit=st.integers(66, 10**6), wanted=st.integers(1, 10**6), outward=st.integers(1, 10**6))
def test_a_request_of_each_client_finds_a_descriptor(limit: int, wanted: int, outward: int) -> None:
    """Each client that is admitted, with a connection to production for each, stays under the limit."""
    clients = clients_within(limit, wanted, own=64, outward=outward)
    assert 64 + clients + min(clients, outward) <= limit
