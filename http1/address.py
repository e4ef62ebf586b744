"""Where an endpoint is, or where we listen: http://host:port/base, https://…, unix:/path, host:port. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from http1.errors import BadAddress

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9._~:%-]+")
_AUTHORITY = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]+)(?::([0-9]{1,5}))?")
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An endpoint. Either `path` (a Unix socket) or `host` and `port`; `base` is put before each target."""

    host: str = ""
    port: int = 0
    path: str = ""
    tls: bool = False
    base: str = ""

    @property
    def authority(self) -> str:
        """The Host header an endpoint of its own name gets."""
        if self.path:
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.tls else "http"] else f"{host}:{self.port}"

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"{'https' if self.tls else 'http'}://{self.authority}{self.base}"


def parse_endpoint(url: str) -> Address:
    """An endpoint's URL. Raises BadAddress; user info is refused, since URLs are printed."""
    if url.startswith("unix:"):
        return Address(path=_socket_path(url))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # whose words quote what may be a password
        right = "a port is a number up to 65535, an IPv6 host stands in brackets"
        raise BadAddress(f"{right}; a URL looks like http://host:8000 or unix:/path/to.sock") from None
    if port == 0:
        raise BadAddress("an endpoint's port is 1 to 65535; left out, it is the scheme's own")
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadAddress("a URL looks like http://host:8000, https://host or unix:/path/to.sock")
    if not _HOST.fullmatch(parts.hostname) or any(c <= " " for c in url):  # urlsplit drops line ends without a word
        raise BadAddress("an endpoint's host is a name or address in ASCII; other letters in their xn-- form")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("a URL must not hold a user or password; set them as a header of the endpoint")
    if parts.query or parts.fragment:
        raise BadAddress("an endpoint's URL has no query and no fragment")
    base = parts.path.rstrip("/")
    if not base.isascii() or any(c <= " " or c == "\x7f" for c in base):
        raise BadAddress("an endpoint's base path is written in ASCII, other characters percent-encoded")
    return Address(host=parts.hostname, port=port or _PORTS[parts.scheme], tls=parts.scheme == "https", base=base)


def check_host(text: str) -> None:
    """What a Host header of ours may say: narrower than what a client's may (head.py). Raises BadAddress."""
    found = _AUTHORITY.fullmatch(text)
    if found is None or (found[1] is not None and not 0 < int(found[1]) <= _MAX_PORT):
        raise BadAddress(
            "expected one host, with a port where it needs one: model.example, model.example:8000, [::1]:8000"
        )


def parse_listen(text: str) -> Address:
    """A listening address: host:port, [::1]:port, :port (all addresses) or unix:/path. Raises BadAddress."""
    if text.startswith("unix:"):
        return Address(path=_socket_path(text))
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > _MAX_PORT or (":" in host and not host.startswith("[")):
        raise BadAddress("a listening address looks like 127.0.0.1:8080, [::1]:8080, :8080 or unix:/path/to.sock")
    return Address(host=host.strip("[]") or "0.0.0.0", port=int(port))


def _socket_path(text: str) -> str:
    path = text.removeprefix("unix:")
    path = path.removeprefix("//") if path.startswith("///") else path
    if not path.startswith("/") or len(path.encode()) > 107:  # sun_path of sockaddr_un, less its NUL
        raise BadAddress("a Unix socket is written unix:/absolute/path of at most 107 bytes")
    return path
