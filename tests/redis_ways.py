"""Redis in its other forms, for tests: behind TLS with a user of few rights, and as a cluster."""

import contextlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.redis_server import LOCAL, RedisServer, free_cluster_port, free_port

USER, PASSWORD = "understudy", "s3cret/word"


def make_certificates(directory: Path) -> None:
    """A CA, a server's certificate for 127.0.0.1 and a client's."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test ca", "-days", "2")
    (directory / "names").write_text(f"subjectAltName=IP:{LOCAL}")
    for name in ("server", "client"):
        openssl("req", *new_key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signing = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2")
        openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.crt", *signing)


@contextmanager
def behind_tls(certificates: Path, directory: Path) -> Iterator[RedisServer]:
    """TLS with client certificates, and a user who may do what the store does and nothing else."""
    port = free_port()
    files = [
        f"--tls-{name}-file {certificates / path}" for name, path in (("cert", "server.crt"), ("key", "server.key"))
    ]
    options = " ".join([f"--tls-port {port}", *files, f"--tls-ca-cert-file {certificates / 'ca.crt'}"]).split()
    server = RedisServer(directory, *options).start()
    server.port = port
    rights = ("~us:*", "+@all", "-@admin", "-@dangerous", "+info")
    server.command("ACL", "SETUSER", USER, "on", f">{PASSWORD}", *rights)
    server.command("ACL", "SETUSER", "reader", "on", ">reader", "~us:*", "+@read", "+info")
    server.command("ACL", "SETUSER", "default", "off")
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def cluster_of_three(directory: Path) -> Iterator[list[RedisServer]]:
    """Three nodes, all slots covered."""
    with contextlib.ExitStack() as stack:
        nodes = []
        for number in range(3):
            own = directory / f"node{number}"
            own.mkdir()
            node = RedisServer(own, "--cluster-enabled", "yes", port=free_cluster_port()).start()
            stack.callback(node.stop)
            nodes.append(node)
        addresses = [f"{LOCAL}:{node.port}" for node in nodes]
        create = ["redis-cli", "--cluster", "create", *addresses, "--cluster-yes"]
        subprocess.run(create, check=True, capture_output=True, timeout=60)
        for node in nodes:
            while b"cluster_state:ok" not in node.command("CLUSTER", "INFO"):
                pass  # each hears of the others by itself; the test's own timeout bounds this
        yield nodes
