"""The elements of binary tensors (Triton, extension_binary_data.md): little-endian, row-major, without padding.

BOOL is one byte; BF16 is the upper half of a float32, to which it is widened; before each element of BYTES stands its
length. oip.py calls this, and says what is wrong where there are none.
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NUMBERS: dict[str, tuple[np.dtype[Any], int]] = {
    name: (np.dtype(form), np.dtype(form).itemsize)
    for name, form in {
        "INT8": "i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8",
        "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8",
        "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
    }.items()
}  # fmt: skip
_BYTE = np.dtype("u1")
_WORD = np.dtype("<u2")
_LENGTH_BYTES = 4


def number_of(datatype: str) -> tuple[np.dtype[Any], int] | None:
    """How a number of this datatype lies in memory, and its bytes; None for what is none, or has to be converted."""
    return _NUMBERS.get(datatype)


def unpacked(datatype: str, count: int, data: bytes, start: int, size: int) -> NDArray[Any] | list[str] | None:
    """`count` elements in the `size` bytes from `start` on, which are there; None where they are not just these.

    Arrays are views of `data`, not to be written to. BYTES become a list of texts: in base64 where one is no UTF-8.
    """
    number = _NUMBERS.get(datatype)
    if number is not None:
        dtype, width = number
        return _array(data, dtype, count, start) if size == count * width else None
    if datatype == "BYTES":
        return _texts(data, count, start, start + size)
    if datatype == "BOOL" and size == count:
        flags: NDArray[Any] = _array(data, _BYTE, count, start) != 0  # a view as bool would keep a 2
        return flags
    if datatype == "BF16" and size == 2 * count:
        widened: NDArray[Any] = np.left_shift(_array(data, _WORD, count, start).astype(np.uint32), 16).view(np.float32)
        return widened
    return None


def _array(data: bytes, dtype: np.dtype[Any], count: int, start: int) -> NDArray[Any]:
    """frombuffer refuses to make an empty one."""
    return np.frombuffer(data, dtype, count, start) if count else np.empty(0, dtype)


def _texts(data: bytes, count: int, start: int, end: int) -> list[str] | None:
    if count * _LENGTH_BYTES > end - start:
        return None
    parts: list[bytes] = []
    for _ in range(count):
        begin = start + _LENGTH_BYTES
        start = begin + int.from_bytes(data[start:begin], "little")
        parts.append(data[begin:start])
    if start != end:
        return None
    try:
        return [part.decode() for part in parts]
    except UnicodeDecodeError:
        return [base64.b64encode(part).decode() for part in parts]
