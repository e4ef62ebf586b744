"""Production answers an upload before it has read it, and closes: what it said is what the client gets."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.places import ROOT
from tests.proxy.live.proxying import Proxy, post

UPLOAD = b"x" * (8 << 20)
REPEATED = 30

# A process of its own, as production is: what it does must be able to fall between any two steps of ours.
REFUSING = """
import socket, struct, sys

with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    while True:
        client, _ = server.accept()
        head = b""
        while b"\\r\\n\\r\\n" not in head:
            head += client.recv(4096)
        client.sendall(b"HTTP/1.1 413 Content Too Large\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nno")
        if sys.argv[1] == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
"""


@pytest.fixture(params=["close", "reset"])
def refusing(request: pytest.FixtureRequest) -> Iterator[str]:
    command = [sys.executable, "-c", REFUSING, request.param]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.kill()


async def test_what_production_said_of_an_upload_is_passed_on(proxy: Proxy, refusing: str) -> None:
    """Each time, however the closing and our writing meet."""
    proxy.endpoint["url"] = refusing
    async with proxy:
        for _ in range(REPEATED):
            async with proxy.wire() as wire:
                wire.writer.write(post(UPLOAD))
                got = await wire.answer()
                assert (got.status, got.body, got.header("X-Understudy-Reason")) == (413, b"no", None)
