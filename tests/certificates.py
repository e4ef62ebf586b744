"""Certificates for tests: an authority of our own with a server and a client signed by it, and a stranger's authority.

Made once a session, and without an openssl program, which a bare machine may lack.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

SERVER_NAMES = ("127.0.0.1", "localhost", "model.test")


@dataclass(frozen=True)
class Certificates:
    """Paths of PEM files. `server` and `client` hold certificate and key."""

    ca: Path
    server: Path
    client: Path
    stranger_ca: Path

    @classmethod
    def make(cls, directory: Path) -> "Certificates":
        made = cls(*(directory / f"{name}.pem" for name in ("ca", "server", "client", "stranger")))
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(made.ca))
        for file, names in ((made.server, SERVER_NAMES), (made.client, ("client.test",))):
            authority.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(str(file))
        trustme.CA().cert_pem.write_to_path(str(made.stranger_ca))
        return made

    def asking(self) -> ssl.SSLContext:
        """A server's side that wants a certificate of the client, too."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.ca)
        context.load_cert_chain(self.server)
        context.verify_mode = ssl.CERT_REQUIRED
        return context
