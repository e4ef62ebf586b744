"""A file that finds no room: a full disk, a quota, a limit on how large a file may be; in words.

The operating system says none of what a person needs then: what was being written, where, and what would be right.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MB = 1_000_000


class NoRoomError(Exception):
    """Says what found no room, where, why, and what would be right."""


@contextmanager
def room_for(what: str, directory: Path, right: str) -> Iterator[None]:
    """Where what is written in `directory` finds no room. `right`: what to do then. Raises NoRoomError."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        why = (error.strerror or os.strerror(error.errno)).lower()
        raise NoRoomError(
            f"{what} can't be written in {directory}: {why}{_free(error.errno, directory)}; {right}"
        ) from None


def _free(number: int, directory: Path) -> str:
    """Of a quota, or a limit, a disk says nothing."""
    if number != errno.ENOSPC:
        return ""
    try:
        usage = shutil.disk_usage(directory)
    except OSError:
        return ""
    return f" ({usage.free / _MB:,.1f} MB of {usage.total / _MB:,.1f} MB are free)" if usage.total else ""
