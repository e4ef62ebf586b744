"""The codec: lossless, and refusing by name."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from records.codec import Codec
from records.errors import RecordError, UnknownSchema
from records.nouns import Answer, Body, Exchange, Failure, Observation, Pair, Request, Timings
from tests.records.nouns_made_up import exchanges, pairs

CODEC = Codec()


@given(exchanges)
def test_an_exchange_comes_back_as_it_was(exchange: Exchange) -> None:
    """Encoding and decoding an exchange loses nothing."""
    assert CODEC.decode_exchange(CODEC.encode(exchange)) == exchange


@given(pairs)
def test_a_pair_comes_back_as_it_was(pair: Pair) -> None:
    """Encoding and decoding a pair loses nothing."""
    assert CODEC.decode_pair(CODEC.encode(pair)) == pair


@given(pairs)
def test_a_pair_from_before_a_field_was_there_is_read(pair: Pair) -> None:
    """A record that ends before the fields that were added decodes, and has none of them."""
    record = msgspec.msgpack.decode(CODEC.encode(pair))
    assert len(record) == 1 + len(Pair.__struct_fields__)  # behind its schema
    without = {"pace": (0, 0), "unlike": "", "noise": None}
    for number in range(1, 4):
        lacking = dict(list(without.items())[:number])
        assert CODEC.decode_pair(msgspec.msgpack.encode(record[:-number])) == replace(pair, **lacking)


@given(st.binary(max_size=200))
def test_noise_is_refused_as_a_record_error(noise: bytes) -> None:
    """Bytes that are no record raise RecordError, whatever they are."""
    for decode in (CODEC.decode_exchange, CODEC.decode_pair):
        with pytest.raises(RecordError):
            decode(noise)


@given(pairs, st.data())
def test_a_damaged_record_is_read_or_refused_and_nothing_else(pair: Pair, data: st.DataObject) -> None:
    """A record with bytes changed, dropped or added decodes to a pair or raises RecordError."""
    record = bytearray(CODEC.encode(pair))
    at = data.draw(st.integers(0, len(record) - 1))
    record[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(RecordError):
        assert isinstance(CODEC.decode_pair(bytes(record)), Pair)


@given(st.recursive(st.integers() | st.text(max_size=4) | st.binary(max_size=4), st.lists, max_leaves=8))
def test_foreign_msgpack_is_refused(document: object) -> None:
    """Well-formed msgpack of somebody else's raises RecordError."""
    try:
        data = msgspec.msgpack.encode(document)
    except OverflowError:
        return
    with pytest.raises(RecordError):
        CODEC.decode_exchange(data)


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\x91" * 100_000,
        b"\xdd\xff\xff\xff\xff",
        b"\x81\x81\x01\x02\x03",
        b"\x92\xaaexchange/1\xa1\xff",
        b"\x97\xaaexchange/1" + b"\x91" * 100_000,
    ],
    ids=["empty", "deep", "claims 4 billion items", "map as a key", "not UTF-8", "deep within"],
)
def test_hostile_bytes_are_refused(hostile: bytes) -> None:
    """Nesting, false lengths and unhashable keys end in RecordError, never in a crash."""
    with pytest.raises(RecordError):
        CODEC.decode_exchange(hostile)


def test_another_version_is_refused_by_name() -> None:
    """A record of a later version says which version it has and which are known."""
    record = msgspec.msgpack.encode(["exchange/2", "id", {}])
    with pytest.raises(UnknownSchema, match=r"'exchange/2' is not one of exchange/1") as refusal:
        CODEC.decode_exchange(record)
    assert (refusal.value.found, refusal.value.known) == ("exchange/2", ("exchange/1",))


@given(pairs)
def test_a_pair_around_a_later_exchange_is_refused_by_that_exchanges_name(pair: Pair) -> None:
    """The version of the exchange within a pair is held to the same rule."""
    record = msgspec.msgpack.decode(CODEC.encode(pair))
    record[1][0] = "exchange/7"
    with pytest.raises(UnknownSchema) as refusal:
        CODEC.decode_pair(msgspec.msgpack.encode(record))
    assert refusal.value.found == "exchange/7"


@given(pairs)
def test_a_pair_is_no_exchange(pair: Pair) -> None:
    """Each kind of record is refused where the other is expected."""
    with pytest.raises(UnknownSchema, match="pair/1"):
        CODEC.decode_exchange(CODEC.encode(pair))
    with pytest.raises(UnknownSchema, match="exchange/1"):
        CODEC.decode_pair(CODEC.encode(pair.exchange))


OK = Answer(200, ((b"content-type", b"application/json"),), Body(b'{"a":1}', 7))
PRODUCTION = Observation(
    wall_ns=1, timings=Timings(2, 3, 4, 5, 6), outcome=OK, in_flight=1, loop_lag_ns=0, reader_paused=False, version="7"
)
REFUSED = Observation(
    wall_ns=8,
    timings=Timings(failed=9),
    outcome=Failure("connect", "refused"),
    in_flight=2,
    loop_lag_ns=1,
    reader_paused=True,
)
ASKED = Request("POST", "/score", ((b"accept", b"*/*"),), Body(b"{}", 2))
PAIR = Pair(
    exchange=Exchange(id="x1", route="root", revision=3, request=ASKED, production=PRODUCTION),
    candidate="new",
    generation=1,
    observation=REFUSED,
    queue_delay_ns=10,
    warming_up=False,
)
STORED_BEFORE_UNITS = bytes.fromhex(
    "98a6706169722f3197aa65786368616e67652f31a27831a4726f6f740394a4504f5354a62f73636f72659192c406616363657074c4032a2f2a93"
    "c4027b7d02c29801960203040506c094a6616e73776572ccc89192c40c636f6e74656e742d74797065c4106170706c69636174696f6e2f6a736f"
    "6e93c4077b2261223a317d07c20100c2a137a0a0a36e657701980896c0c0c0c0c00994a76661696c757265a7636f6e6e656374a7726566757365"
    "64c00201c3a0a00ac2c0"
)
STORED_BEFORE_ORDER = STORED_BEFORE_UNITS.replace(b"\x97\xaaexchange/1", b"\x98\xaaexchange/1").replace(
    b"\xa0\xa0\xa3new", b"\xa0\xa0\xa0\xa3new"
)
STORED_BEFORE_DECLARED = b"\x9a" + STORED_BEFORE_ORDER[1:] + b"\xa0\x92\x00\x00"
STORED_BEFORE_RATIO = (
    STORED_BEFORE_DECLARED.replace(b"\x98\x01\x96", b"\x9a\x01\x96")
    .replace(b"\xa17\xa0", b"\xa17\xa0\xa0\xa0")
    .replace(b"\x98\x08\x96", b"\x9a\x08\x96")
    .replace(b"\xc3\xa0\xa0\n", b"\xc3\xa0\xa0\xa0\xa0\n")
)
STORED = STORED_BEFORE_RATIO.replace(b"\x98\xaaexchange/1", b"\x99\xaaexchange/1").replace(
    b"\xa0\xa0\xa3new", b"\xa0\xa0\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00\xa3new"
)


def test_a_record_has_the_bytes_that_it_always_had() -> None:
    """What one release stored the next one reads, and the other way round."""
    assert CODEC.encode(PAIR) == STORED
    assert CODEC.decode_pair(STORED) == PAIR
    assert CODEC.decode_pair(STORED_BEFORE_RATIO) == PAIR
    assert CODEC.decode_pair(STORED_BEFORE_DECLARED) == PAIR
    assert CODEC.decode_pair(STORED_BEFORE_ORDER) == PAIR


def test_a_record_without_a_unit_is_one_of_nobodys() -> None:
    """As records were before there were units."""
    assert CODEC.decode_pair(STORED_BEFORE_UNITS) == PAIR
