"""The files that a command is told to read or write; one that can't be used is a usage error with a way out."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from ground.room import room_for
from understudy.settings.loading import SettingsError

_WAYS_OUT = {
    errno.ENOENT: "name a file in a directory that is there",
    errno.ENOTDIR: "name a file in a directory that is there",
    errno.EISDIR: "name a file",
    errno.EACCES: "let this user write there, or name another file",
    errno.EPERM: "let this user write there, or name another file",
}


def writable(option: str, name: str | None) -> AbstractContextManager[BinaryIO]:
    """To be entered when there is something to write; None: stdout. Raises SettingsError, at once where that can be
    known, so that nobody waits for a report that has no place; NoRoomError where it does not fit.
    """
    if name is not None and not (directory := Path(name).parent).is_dir():
        raise _unwritable(option, name, OSError(errno.ENOENT, f"there is no directory {directory}"))
    return _written(option, name)


@contextmanager
def readable(option: str, name: str) -> Iterator[BinaryIO]:
    """ "-" is stdin. Raises SettingsError."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - what is read meanwhile raises errors of its own
    except OSError as error:
        right = f"can't be read: {error.strerror}; name a file that is there, and that this user may read"
        raise SettingsError(option, right, name) from None
    with file:
        yield file


@contextmanager
def _written(option: str, name: str | None) -> Iterator[BinaryIO]:
    if name is None:
        yield sys.stdout.buffer
        return
    try:
        file = Path(name).open("wb")  # noqa: SIM115 - as above
    except OSError as error:
        raise _unwritable(option, name, error) from None
    with room_for(f"{option} {name}", Path(name).parent, "name a file where there is room"), file:
        yield file


def _unwritable(option: str, name: str, error: OSError) -> SettingsError:
    number = error.errno or 0
    why, way_out = error.strerror or os.strerror(number), _WAYS_OUT.get(number, "name another file")
    return SettingsError(option, f"can't be written: {why}; {way_out}", name)


def refuse_overwriting(what: str, read: str, written: str | None) -> None:
    """What is read must not be emptied."""
    if written is not None and Path(written).exists() and Path(read).exists() and Path(written).samefile(read):
        raise SettingsError("-o", f"is {what} itself; name another file", written)
