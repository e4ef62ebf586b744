"""Whose a request is: its unit, named by a keyed hash, so that nothing of a user is stored in clear. Pure.

The live path hashes a header's value (a header need not be kept), comparators a value in the request's body. A unit
says where it was read, so that one that was recorded under other settings is not taken for what is asked for now.
"""

import hashlib
import hmac

_PURPOSE = b"unit\0"  # the key may have other uses: no unit is ever one of their digests


def unit_of(place: str, value: bytes, key: bytes) -> str:
    """`place`: where the value stands, a header's name or a JSON pointer. 16 hexadecimal digits behind it."""
    return f"{place} {hmac.new(key, _PURPOSE + value, hashlib.sha256).hexdigest()[:16]}"


def is_of(unit: str, place: str) -> bool:
    return unit.rpartition(" ")[0] == place


def hash_of(unit: str) -> str:
    """Without where it was read; all are of one length."""
    return unit.rpartition(" ")[2]
