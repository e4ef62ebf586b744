"""Certificates for tests: an authority of our own with a server and a client signed by it, and a stranger's authority.

Made by the openssl command, once a session.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_DAYS = "2"


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files. `server` and `client` hold certificate and key."""

    ca: Path
    server: Path
    client: Path
    stranger_ca: Path

    @classmethod
    def make(cls, directory: Path) -> "Certificates":
        ca = _authority(directory, "ca")
        return cls(
            ca=ca,
            server=_signed(directory, "server", ca, "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:model.test"),
            client=_signed(directory, "client", ca, "extendedKeyUsage=clientAuth"),
            stranger_ca=_authority(directory, "stranger"),
        )


def _authority(directory: Path, name: str) -> Path:
    _openssl(
        directory,
        *("req", "-x509", "-nodes", "-days", _DAYS, "-subj", f"/CN={name}"),
        *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"),
        *_new_key(name),
        *("-out", f"{name}.pem"),
    )
    return directory / f"{name}.pem"


def _signed(directory: Path, name: str, ca: Path, extension: str) -> Path:
    _openssl(
        directory,
        *("req", "-x509", "-nodes", "-days", _DAYS, "-subj", f"/CN={name}", "-addext", extension),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
        *("-CA", ca.name, "-CAkey", f"{ca.stem}.key"),
        *_new_key(name),
        *("-out", f"{name}.crt"),
    )
    both = directory / f"{name}.pem"
    both.write_bytes((directory / f"{name}.crt").read_bytes() + (directory / f"{name}.key").read_bytes())
    return both


def _new_key(name: str) -> tuple[str, ...]:
    return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", f"{name}.key")


def _openssl(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)
