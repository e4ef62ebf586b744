"""Header rules that belong to a connection: which fields matter to framing, and which end here (RFC 9110 §7.6.1).

Pure tables and functions. What may be kept or passed to a candidate is records/kept.py's business.
"""

from __future__ import annotations

# (lower-case name, the whole line as it came without its CRLF): most lines pass on untouched, and few values are read.
Fields = list[tuple[bytes, bytes]]

# What a field means to the connection it came on. PLAIN ones pass on unchanged.
PLAIN, HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, HOP_BY_HOP, EXPECT, UPGRADE = range(8)

_MEANING = {
    b"host": HOST,
    b"content-length": CONTENT_LENGTH,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"connection": CONNECTION,
    b"expect": EXPECT,
    b"upgrade": UPGRADE,
    # RFC 9110 §7.6.1, and the fields that older software sends hop by hop.
    b"keep-alive": HOP_BY_HOP,
    b"proxy-connection": HOP_BY_HOP,
    b"te": HOP_BY_HOP,
    b"trailer": HOP_BY_HOP,
    b"proxy-authenticate": HOP_BY_HOP,
    b"proxy-authentication-info": HOP_BY_HOP,
    b"proxy-authorization": HOP_BY_HOP,
    b"http2-settings": HOP_BY_HOP,
}

# Fields that a Connection header cannot take away (RFC 9110 §7.6.1 forbids naming fields meant for the recipient;
# a client that names Authorization or Host would otherwise strip what production must see).
_NOT_NAMEABLE = frozenset({b"host", b"content-length", b"content-type", b"authorization", b"cookie", b"date"})

_NAME_CACHE_SIZE = 4096


_names: dict[bytes, tuple[bytes, int]] = {}


def meaning_of(name: bytes) -> tuple[bytes, int]:
    """Lower-case name and meaning of a field name as it came. Remembered within a bound: clients choose names."""
    entry = _names.get(name)
    if entry is None:
        lower = name.lower()
        entry = (lower, _MEANING.get(lower, PLAIN))
        if len(_names) < _NAME_CACHE_SIZE:
            _names[name] = entry
    return entry


def value_of(field: tuple[bytes, bytes]) -> bytes:
    """The value in a line, without the white space around it."""
    name, line = field
    return line[len(name) + 1 :].strip(b" \t")


def tokens(value: bytes) -> list[bytes]:
    """The lower-case members of a comma-separated list (RFC 9110 §5.6.1)."""
    return [token for part in value.split(b",") if (token := part.strip(b" \t").lower())]


def named_by_connection(members: list[bytes]) -> frozenset[bytes]:
    """The field names that a Connection header lists as hop-by-hop."""
    return frozenset(members) - _NOT_NAMEABLE - {b"close", b"keep-alive", b"upgrade"}
