"""Rows come out of their bytes as they went in."""

from __future__ import annotations

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from loadtest.results.row_codec import MAX_ROWS, decode_rows, encode_rows
from loadtest.results.rows import NEVER, ResultRow

times = st.integers(NEVER, 2**62) | st.just(NEVER)
rows = st.builds(
    ResultRow,
    n=st.integers(0, 10**8),
    due=times,
    ready=times,
    issued=times,
    sent=times,
    first_byte=times,
    done=times,
    status=st.integers(0, 999),
    failure=st.sampled_from(["", "timeout", "reset", "first_byte_timeout"]),
    bytes_out=st.integers(0, 2**40),
    bytes_in=st.integers(0, 2**40),
    recorded=times,
    first_token=times,
    last_token=times,
    token_events=st.integers(0, 2**40),
    tokens=times,
    disagrees=st.none() | st.floats(0, 1),
    warmup=st.booleans(),
)


@given(st.lists(rows, max_size=50))
def test_rows_are_read_as_they_were_written(some: list[ResultRow]) -> None:
    """In their order, to the bit; whatever did not happen stays so."""
    assert decode_rows(encode_rows(some)) == some


def test_a_row_of_an_ordinary_run_takes_a_few_bytes() -> None:
    """A million of them pass through a store without anybody's noticing."""
    chance = np.random.default_rng(1)
    due = np.cumsum(chance.exponential(1e6, MAX_ROWS)).astype(np.int64)
    sent = due + chance.exponential(2e5, MAX_ROWS).astype(np.int64)
    done = sent + chance.lognormal(15, 0.5, MAX_ROWS).astype(np.int64)
    some = [
        ResultRow(
            n=3 * at, due=own, ready=own, issued=begun, sent=begun + 9_000, first_byte=ended, done=ended + 30_000,
            status=200, disagrees=float(at % 7 == 0),
        )
        for at, (own, begun, ended) in enumerate(zip(due.tolist(), sent.tolist(), done.tolist(), strict=True))
    ]  # fmt: skip
    assert len(encode_rows(some)) < 20 * MAX_ROWS


@pytest.mark.parametrize("data", [b"", b"nonsense", zstandard.compress(b"nonsense"), encode_rows([])[:-3]])
def test_what_is_damaged_is_said(data: bytes) -> None:
    """In one way."""
    with pytest.raises(ValueError, match="no rows of a run"):
        decode_rows(data)
