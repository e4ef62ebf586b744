"""Documents that the store holds for the roles, read: JSON of a known shape, or refused by one exception.

Another release may have written them, or anybody else with a way into the same Redis. What came with the traffic is
read elsewhere: codec.py's records, and the bodies in them.
"""

from typing import TypeVar

import msgspec

Document = TypeVar("Document")


def read(document: bytes, shape: type[Document]) -> Document:
    """Raises msgspec.DecodeError for whatever is no such document; text that is not UTF-8, and nesting too deep,
    have exceptions of their own in msgspec."""
    try:
        return msgspec.json.decode(document, type=shape)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error
