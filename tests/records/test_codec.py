"""The codec: lossless, and refusing by name."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from records.codec import decode_exchange, decode_pair, encode
from records.errors import RecordError, UnknownSchema
from records.nouns import Exchange, Pair
from tests.records.nouns_made_up import exchanges, pairs


@given(exchanges)
def test_an_exchange_comes_back_as_it_was(exchange: Exchange) -> None:
    """Encoding and decoding an exchange loses nothing."""
    assert decode_exchange(encode(exchange)) == exchange


@given(pairs)
def test_a_pair_comes_back_as_it_was(pair: Pair) -> None:
    """Encoding and decoding a pair loses nothing."""
    assert decode_pair(encode(pair)) == pair


@given(pairs)
def test_a_pair_from_before_there_was_noise_is_read(pair: Pair) -> None:
    """A record that ends before the field was added decodes, and has no noise."""
    record = msgspec.msgpack.decode(encode(pair))
    assert len(record) == 1 + len(Pair.__struct_fields__)  # behind its schema
    assert decode_pair(msgspec.msgpack.encode(record[:-1])) == replace(pair, noise=None)


@given(st.binary(max_size=200))
def test_noise_is_refused_as_a_record_error(noise: bytes) -> None:
    """Bytes that are no record raise RecordError, whatever they are."""
    for decode in (decode_exchange, decode_pair):
        with pytest.raises(RecordError):
            decode(noise)


@given(pairs, st.data())
def test_a_damaged_record_is_read_or_refused_and_nothing_else(pair: Pair, data: st.DataObject) -> None:
    """A record with bytes changed, dropped or added decodes to a pair or raises RecordError."""
    record = bytearray(encode(pair))
    at = data.draw(st.integers(0, len(record) - 1))
    record[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(RecordError):
        assert isinstance(decode_pair(bytes(record)), Pair)


@given(st.recursive(st.integers() | st.text(max_size=4) | st.binary(max_size=4), st.lists, max_leaves=8))
def test_foreign_msgpack_is_refused(document: object) -> None:
    """Well-formed msgpack of somebody else's raises RecordError."""
    try:
        data = msgspec.msgpack.encode(document)
    except OverflowError:
        return
    with pytest.raises(RecordError):
        decode_exchange(data)


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
        decode_exchange(hostile)


def test_another_version_is_refused_by_name() -> None:
    """A record of a later version says which version it has and which are known."""
    record = msgspec.msgpack.encode(["exchange/2", "id", {}])
    with pytest.raises(UnknownSchema, match=r"'exchange/2' is not one of exchange/1") as refusal:
        decode_exchange(record)
    assert (refusal.value.found, refusal.value.known) == ("exchange/2", ("exchange/1",))


@given(pairs)
def test_a_pair_around_a_later_exchange_is_refused_by_that_exchanges_name(pair: Pair) -> None:
    """The version of the exchange within a pair is held to the same rule."""
    record = msgspec.msgpack.decode(encode(pair))
    record[1][0] = "exchange/7"
    with pytest.raises(UnknownSchema) as refusal:
        decode_pair(msgspec.msgpack.encode(record))
    assert refusal.value.found == "exchange/7"


@given(pairs)
def test_a_pair_is_no_exchange(pair: Pair) -> None:
    """Each kind of record is refused where the other is expected."""
    with pytest.raises(UnknownSchema, match="pair/1"):
        decode_exchange(encode(pair))
    with pytest.raises(UnknownSchema, match="exchange/1"):
        decode_pair(encode(pair.exchange))
