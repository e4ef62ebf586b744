"""Hypothesis strategies for the nouns: any exchange or pair that may come to be recorded."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from records.nouns import Answer, Body, Exchange, Failure, FailureKind, Observation, Pair, Request, Timings, Unlike

INT64 = st.integers(-(2**63), 2**63 - 1)
OFFSETS = st.none() | st.integers(0, 2**63 - 1)
# Lone surrogates are no text: neither msgpack nor UTF-8 can hold them, and no parser of ours makes them.
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)

bodies = st.builds(Body, data=st.binary(max_size=40), size=st.integers(0, 2**40), cut=st.booleans())
headers = st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=12)), max_size=4).map(tuple)
timings = st.builds(Timings, received=OFFSETS, connected=OFFSETS, sent=OFFSETS, first_byte=OFFSETS, last_byte=OFFSETS)
answers = st.builds(Answer, status=st.integers(100, 599), headers=headers, body=bodies)
failures = st.builds(
    Failure,
    kind=st.sampled_from(get_args(FailureKind)),
    detail=WORDS,
    status=st.none() | st.integers(100, 599),
)
observations = st.builds(
    Observation,
    wall_ns=INT64,
    timings=timings,
    outcome=answers | failures,
    in_flight=st.integers(0, 10_000),
    loop_lag_ns=INT64,
    reader_paused=st.booleans(),
    version=WORDS,
    build=WORDS,
    declared_version=WORDS,
    declared_build=WORDS,
)
exchanges = st.builds(
    Exchange,
    id=WORDS,
    route=WORDS,
    revision=st.integers(0, 2**31),
    request=st.builds(Request, method=WORDS, target=WORDS, headers=headers, body=bodies),
    production=observations,
    sampling_key=WORDS,
    unit=WORDS,
    sampling_ratio=st.floats(0, 1),
)
pairs = st.builds(
    Pair,
    exchange=exchanges,
    candidate=WORDS,
    generation=st.integers(0, 2**31),
    observation=observations,
    queue_delay_ns=INT64,
    warming_up=st.booleans(),
    noise=st.none() | observations,
    unlike=st.sampled_from(get_args(Unlike)),
    pace=st.tuples(INT64, INT64),
)
