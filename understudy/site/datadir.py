"""The data directory: what lies where, who may hold it, and the secrets that are made in it.

    redis/           the embedded Redis: socket, append-only file, log
    run/             locks, counters of the proxy workers, a serve's routes for the other commands (subjects.py)
    addresses.json   where the serve of this directory listens, while it runs
    history.jsonl    verdicts and promotions of all routes, copied from the store
    admin.token      what a state change over the admin API must show
    gate.token       what pipelines are given: it reads, and tells of events, and changes nothing
    secret           key of shadow markers and pseudonyms, where the settings name none

Everything is readable by its owner alone. Used by the supervisor and the commands; workers are given paths.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from understudy.settings.loading import SettingsError

# Whose each address is, by the lock that he holds.
ROLE_AT = {"listen": "proxy", "ops.proxy": "proxy", "ops.mirror": "mirror", "ops.compare": "compare", "admin": "admin"}

# What would be right, by what the system said.
_WAYS_OUT = {
    errno.ENOSPC: "free some, or name a data_dir on another disk",
    errno.EDQUOT: "free some of this user's, or name a data_dir on another disk",
    errno.EROFS: "mount it for writing, or name another data_dir",
    errno.EACCES: "let this user write there, or name another data_dir",
    errno.EPERM: "let this user write there, or name another data_dir",
    errno.EEXIST: "a file lies there; name a directory",
    errno.ENOTDIR: "a file lies there; name a directory",
}


class InUse(SettingsError):
    """Another process has the lock; `holder` is its pid in words."""

    def __init__(self, root: Path, holder: str) -> None:
        right = f"in use by another understudy (pid {holder}); stop that one, or give this one its own data_dir"
        super().__init__("data_dir", right, str(root))
        self.holder = holder


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
        self.addresses = self.root / "addresses.json"
        self.routes = self.run / "routes.json"
        self.history = self.root / "history.jsonl"

    def create(self) -> None:
        """Make the directories. Raises SettingsError where that can't be done."""
        with self.using(self.root):
            for directory in (self.root, self.redis, self.run, self.counters):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                # A system that says no says why, which os.access does not: no right, or a disk that is read only.
                os.utime(directory)

    @contextlib.contextmanager
    def using(self, path: Path) -> Iterator[None]:
        """What the system refuses with a path in here, as a SettingsError that says what is wrong and what to do."""
        try:
            yield
        except OSError as error:
            way_out = _WAYS_OUT.get(error.errno or 0, "name another data_dir")
            right = f"can't be used: {path}: {error.strerror or error}; {way_out}"
            raise SettingsError("data_dir", right, str(self.root)) from None

    def refuse_unusable(self) -> None:
        """Refuse what `create` would refuse, and make nothing. Raises SettingsError."""
        there = next(place for place in (self.root, *self.root.parents) if place.exists())
        why = 0
        if not there.is_dir():
            why = errno.EEXIST if there == self.root else errno.ENOTDIR
        elif not os.access(there, os.W_OK):
            why = errno.EACCES
        with self.using(self.root):
            if why:
                raise OSError(why, os.strerror(why))

    def hold(self, name: str) -> Lock:
        """Take the lock of a role or of the embedded Redis. Raises InUse, or SettingsError where there is no room."""
        file = self.run / f"{name}.lock"
        with self.using(file), contextlib.ExitStack() as failing:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
            failing.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUse(
                    self.root, os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
                ) from None
            failing.pop_all()
        with contextlib.suppress(OSError):  # the lock holds on a full disk, too: it does not say by whom
            os.truncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        return Lock(descriptor)

    def forget(self, name: str) -> None:
        """Remove a lock that nobody will ask for again."""
        (self.run / f"{name}.lock").unlink(missing_ok=True)

    def tell_addresses(self, addresses: Mapping[str, str]) -> Callable[[], None]:
        """Leave word where this serve listens, for people and the other commands; returns what takes it back.

        Roles that are served one by one in the same directory stand there side by side.
        """
        others = {name: text for name, text in self.told_addresses().items() if self._lives(ROLE_AT.get(name, name))}
        self._write_addresses({**others, **addresses})

        def take_back() -> None:
            others = {name: text for name, text in self.told_addresses().items() if addresses.get(name) != text}
            if others:
                self._write_addresses(others)
            else:
                self.addresses.unlink(missing_ok=True)

        return take_back

    def _lives(self, role: str) -> bool:
        try:
            self.hold(role).release()
        except InUse:
            return True
        return False

    def _write_addresses(self, addresses: Mapping[str, str]) -> None:
        self._write(self.addresses, json.dumps(addresses, indent=2).encode() + b"\n")

    def _write(self, file: Path, document: bytes) -> None:
        draft = self.run / f"{file.stem}.{os.getpid()}"
        with self.using(file):
            draft.write_bytes(document)
            draft.replace(file)  # whole: it may be read meanwhile

    def told_addresses(self) -> dict[str, str]:
        """Where the serve of this directory listens; empty where none does."""
        try:
            told: dict[str, str] = json.loads(self.addresses.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return told

    def tell_routes(self, document: bytes) -> None:
        """Leave word of the routes of this serve; it outlives it."""
        self._write(self.routes, document)

    def told_routes(self) -> bytes:
        """Those of the serve that runs here, or ran last; empty where none did."""
        try:
            return self.routes.read_bytes()
        except OSError:
            return b""

    def admin_token(self) -> str:
        """The token for state changes; made at the first call."""
        return self._kept_secret("admin.token")

    def gate_token(self) -> str:
        """The token for reading the admin API, where that needs one, and for telling it of events; made likewise."""
        return self._kept_secret("gate.token")

    def secret(self) -> str:
        """The installation's secret; made at the first call."""
        return self._kept_secret("secret")

    def told_secret(self) -> str:
        """The same for who only reads; empty where none was made. Raises SettingsError where it may not be read."""
        file = self.root / "secret"
        return self.secret() if file.exists() else ""

    def _kept_secret(self, name: str) -> str:
        file = self.root / name
        with self.using(file):
            if not file.exists():
                _keep_secret(file)
            return file.read_text("ascii").strip()


def key_of(secret: str) -> bytes:
    """A secret of any length as a key; whoever uses it tells its purposes apart."""
    return hashlib.sha256(b"understudy/1\0" + secret.encode()).digest()


def _keep_secret(file: Path) -> None:
    """Make one, unless another process does. Subtle: it is linked into place whole, so that both read the same one."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(32) + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()
