"""The listening sockets of one start, bound before anything else so that a taken port ends it with words.

Workers inherit them: a worker that is replaced leaves no moment at which a connection is refused.
"""

import errno
import socket
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from http1.address import parse_listen
from http1.listen import bind, shut
from understudy.settings.loading import SettingsError
from understudy.settings.model import OPS_DEFAULTS, Role, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Sockets:
    """`ops` holds, for each role, where it answers /healthz, /readyz and /metrics; admin's own address is its."""

    listening: socket.socket | None
    ops: dict[Role, socket.socket] = field(default_factory=dict)

    def addresses(self) -> dict[str, str]:
        """What was bound in the end, port 0 resolved, under the settings' names."""
        found = {"listen": _address(self.listening)} if self.listening is not None else {}
        for role, bound in self.ops.items():
            found[_path(role)] = _address(bound)
        return found

    def refuse_clients(self) -> None:
        """From now on, whoever holds the socket. The proxies do so themselves when they have emptied its queue."""
        if self.listening is not None:
            shut(self.listening)

    def leave(self, role: Role) -> None:
        """Nobody of this role is left to answer there: better refused than never answered."""
        if (bound := self.ops.pop(role, None)) is not None:
            bound.close()

    def close(self) -> None:
        for bound in (*self.ops.values(), *filter(None, [self.listening])):
            path = bound.getsockname() if bound.family == socket.AF_UNIX else None
            bound.close()
            if path:
                Path(path).unlink(missing_ok=True)


def bind_all(settings: Settings, roles: Collection[Role]) -> Sockets:
    """Raises SettingsError for an address that is taken or not this host's.

    Those that were set come first: a port that nobody asked for must not be in their way.
    """
    bound = Sockets(listening=_bound("listen", settings.listen) if "proxy" in roles else None)
    given = {role: _given(settings, role) for role in roles}
    try:
        for role, text in given.items():
            if text is not None:
                bound.ops[role] = _bound(_path(role), text)
        for role in [role for role, text in given.items() if text is None]:
            bound.ops[role] = _bound_or_free(_path(role), OPS_DEFAULTS[role])
    except SettingsError:
        bound.close()
        raise
    return bound


def try_all(settings: Settings, roles: Collection[Role]) -> None:
    """Raises SettingsError for an address that is not this host's, or not for this user. One that is taken is right:
    by the serve that runs, perhaps. Nobody listens meanwhile.
    """
    given = {_path(role): _given(settings, role) for role in roles}
    if "proxy" in roles:
        given["listen"] = settings.listen
    for path, text in given.items():
        if text is not None and not text.startswith("unix:"):
            address = parse_listen(text)
            try:
                with socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET) as tried:
                    tried.bind((address.host, address.port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise _unusable(path, text, error) from None


def _given(settings: Settings, role: Role) -> str | None:
    text: str | None = settings.admin if role == "admin" else getattr(settings.ops, role)
    return text


def _path(role: Role) -> str:
    return "admin" if role == "admin" else f"ops.{role}"


def _bound_or_free(path: str, text: str) -> socket.socket:
    try:
        return bind(parse_listen(text))
    except OSError:
        return _bound(path, f"{text.rpartition(':')[0]}:0")


def _bound(path: str, text: str) -> socket.socket:
    try:
        return bind(parse_listen(text))
    except OSError as error:
        raise _unusable(path, text, error) from None


def _unusable(path: str, text: str, error: OSError) -> SettingsError:
    if error.errno == errno.EADDRINUSE:
        right = "another program listens there; stop it, or choose another address (port 0 takes a free one)"
    else:
        right = f"serve can't listen there: {error.strerror or error}"
    return SettingsError(path, right, text)


def _address(bound: socket.socket) -> str:
    name = bound.getsockname()
    if bound.family == socket.AF_UNIX:
        return f"unix:{name}"
    host = f"[{name[0]}]" if bound.family == socket.AF_INET6 else name[0]
    return f"{host}:{name[1]}"
