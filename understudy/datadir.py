"""The data directory: what lies where, who may hold it, and the two secrets that are made in it.

    redis/         the embedded Redis: socket, append-only file, log
    run/           locks, counters of the proxy workers, word of a serve for the other commands
    admin.token    what a state change over the admin API must show
    secret         key of shadow markers and pseudonyms, where the settings name none

Everything is readable by its owner alone. Used by the supervisor and the commands; workers are given paths.
"""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from understudy.loading import SettingsError


class Lock:
    """A lock that ends with its process, whatever ends that. `holder` is the pid of whoever has it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        os.close(self._descriptor)


class DataDir:
    def __init__(self, root: str) -> None:
        self.root = Path(root).absolute()
        self.redis = self.root / "redis"
        self.run = self.root / "run"
        self.counters = self.run / "counters"
        self.addresses = self.run / "addresses.json"
        self.candidates = self.run / "candidates.json"

    def create(self) -> None:
        """Make the directories. Raises SettingsError where that can't be done."""
        try:
            for directory in (self.root, self.redis, self.run, self.counters):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK):
                raise PermissionError(13, "not writable by this user")
        except OSError as error:
            raise SettingsError("data_dir", f"can't be used: {error.strerror}", str(self.root)) from None

    def hold(self, name: str) -> Lock:
        """Take the lock of a role or of the embedded Redis. Raises SettingsError where another process has it."""
        descriptor = os.open(self.run / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            right = f"in use by another understudy (pid {holder}); stop that one, or give this one its own data_dir"
            raise SettingsError("data_dir", right, str(self.root)) from None
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        return Lock(descriptor)

    def forget(self, name: str) -> None:
        """Remove a lock that nobody will ask for again."""
        (self.run / f"{name}.lock").unlink(missing_ok=True)

    def tell_addresses(self, addresses: Mapping[str, str]) -> Callable[[], None]:
        """Leave word where this serve listens, for the other commands; returns what takes it back."""
        self.addresses.write_text(json.dumps(dict(addresses)), "utf-8")
        return lambda: self.addresses.unlink(missing_ok=True)

    def told_addresses(self) -> dict[str, str]:
        """Where the serve of this directory listens; empty where none does."""
        return _told(self.addresses)

    def tell_candidates(self, routes: Mapping[str, str]) -> None:
        """Leave word which candidate is on which route, for a report that is given no settings."""
        self.candidates.write_text(json.dumps(dict(routes)), "utf-8")

    def told_candidates(self) -> dict[str, str]:
        return _told(self.candidates)

    def admin_token(self) -> str:
        """The token for state changes; made at the first call."""
        return _kept_secret(self.root / "admin.token")

    def secret(self) -> str:
        """The installation's secret; made at the first call."""
        return _kept_secret(self.root / "secret")


def key_of(secret: str) -> bytes:
    """A secret of any length as a key; whoever uses it tells its purposes apart."""
    return hashlib.sha256(b"understudy/1\0" + secret.encode()).digest()


def _told(file: Path) -> dict[str, str]:
    try:
        told: dict[str, str] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told


def _kept_secret(file: Path) -> str:
    """The file's text. Subtle: linked into place whole, so that of two processes at once both read the same one."""
    if not file.exists():
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(32) + "\n")
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text("ascii").strip()
