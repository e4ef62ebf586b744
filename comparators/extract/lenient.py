"""JSON that is not strictly JSON, and that clients read. document.py comes here where strict reading failed.

- A byte-order mark before it (.NET, files that Windows wrote).
- NaN and Infinity without quotes (Python's json, TensorFlow Serving), and numbers beyond floats, 1e400: infinite.
- Half of a surrogate pair, \\ud83d, and bytes that are no UTF-8 (C++ servers that write strings as they are; a
  character that a model's tokens, or a stream's events, cut in two). They become their escapes as visible text, so
  that different ones stay different, and everything that was read can be written in UTF-8.

In pieces of a stream both stay as lone surrogates, as Python has them, until `joined` puts the halves together.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from comparators.errors import Unreadable

_BOM = "\ufeff"
# An escape in JSON's text: a whole surrogate pair, half of one, or any other.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(u[dD][89a-fA-F]\w\w)|.)", re.DOTALL)
_BYTES = re.compile("(?<![\ud800-\udbff])[\udc80-\udcff]+")  # as `decoded` holds those that are no UTF-8
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def decoded(data: bytes) -> str:
    """Bytes that are no UTF-8 become lone surrogates."""
    return data.decode("utf-8", "surrogateescape").removeprefix(_BOM)


def mended(text: str) -> str:
    """JSON's text without halves of characters."""
    text = _ESCAPE.sub(lambda found: "\\\\" + found[1] if found[1] else found[0], text)
    return _BYTES.sub(lambda found: _visible(found[0]).replace("\\", "\\\\"), text)


def loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"it is not JSON: {error}"
        raise Unreadable(msg) from error


def joined(pieces: Iterable[str]) -> str:
    """Pieces of one text, with the characters that were cut between them whole again."""
    text = "".join(pieces)
    if text.isascii() or _is_whole(text):
        return text
    text = _PAIR.sub(lambda found: found[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    text = _BYTES.sub(lambda found: _visible(found[0]), text)
    return text.encode("utf-8", "backslashreplace").decode()


def whole(value: Any) -> Any:
    """A value of a single piece, which no other piece goes on with."""
    try:
        text = json.dumps(value)
    except RecursionError as error:
        msg = "it is nested too deeply"
        raise Unreadable(msg) from error
    return loads(mended(text)) if "\\ud" in text else value


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _visible(bare: str) -> str:
    return bare.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
