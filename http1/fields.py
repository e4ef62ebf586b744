"""Header rules that belong to a connection: which fields matter to framing, and which end here (RFC 9110 §7.6.1).

Pure tables and functions. What may be kept or passed to a candidate is records/privacy/kept_rules.py's business.
"""

from __future__ import annotations

from typing import NamedTuple

# What a field means to the connection it came on. PLAIN ones pass on unchanged.
PLAIN, HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, HOP_BY_HOP, EXPECT, UPGRADE, KEEP_ALIVE = range(9)

_MEANING = {
    b"host": HOST,
    b"content-length": CONTENT_LENGTH,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"connection": CONNECTION,
    b"expect": EXPECT,
    b"upgrade": UPGRADE,
    b"keep-alive": KEEP_ALIVE,
    # RFC 9110 §7.6.1, and the fields that older software sends hop by hop.
    b"proxy-connection": HOP_BY_HOP,
    b"te": HOP_BY_HOP,
    b"trailer": HOP_BY_HOP,
    b"proxy-authenticate": HOP_BY_HOP,
    b"proxy-authentication-info": HOP_BY_HOP,
    b"proxy-authorization": HOP_BY_HOP,
    b"http2-settings": HOP_BY_HOP,
}

# Where a body ends depends on these.
FRAMING = frozenset({b"content-length", b"transfer-encoding"})

# Fields that a Connection header cannot take away (RFC 9110 §7.6.1 forbids naming fields meant for the recipient;
# a client that names Authorization or Host would otherwise strip what production must see).
_NOT_NAMEABLE = frozenset({b"host", b"content-length", b"content-type", b"authorization", b"cookie", b"date"})

# Lines that many requests share are read once. Only of these names: a line with a credential is not to be kept.
_SHARED = frozenset(_MEANING) | {
    b"accept", b"accept-encoding", b"accept-language", b"cache-control", b"content-type", b"content-encoding", b"date",
    b"origin", b"pragma", b"referer", b"server", b"user-agent", b"vary",
}  # fmt: skip
_MAX_SHARED_LINES = 4_096
_MAX_SHARED_BYTES = 256


class Field(NamedTuple):
    """One header line. Most pass on untouched, so the line is kept as it came, without its CRLF."""

    name: bytes  # lower case
    value: bytes  # without the white space around it
    line: bytes
    meaning: int


Fields = list[Field]

_shared_lines: dict[bytes, Field] = {}
shared_field = _shared_lines.get  # the hot path asks here first, then read_field


def read_field(line: bytes) -> Field:
    """Read a line that httptools has found to be one."""
    name, _, value = line.partition(b":")
    lower = name.lower()
    field = Field(lower, value.strip(b" \t"), line, _MEANING.get(lower, PLAIN))
    if lower in _SHARED and len(line) <= _MAX_SHARED_BYTES:
        if len(_shared_lines) >= _MAX_SHARED_LINES:
            _shared_lines.clear()  # clients choose lines: bounded, and refilled with what is in use now
        _shared_lines[line] = field
    return field


def tokens(value: bytes) -> list[bytes]:
    """The lower-case members of a comma-separated list (RFC 9110 §5.6.1)."""
    return [token for part in value.split(b",") if (token := part.strip(b" \t").lower())]


def named_by_connection(members: list[bytes]) -> frozenset[bytes]:
    """The field names that a Connection header lists as hop-by-hop."""
    return frozenset(members) - _NOT_NAMEABLE - {b"close", b"keep-alive", b"upgrade"}
