"""Requests as a client writes them, and limits under which it is not waited for long."""

from http1.settings import ServerLimits

MANY = 8 * 1024 * 1024  # more than loopback's socket buffers hold


def get(target: bytes = b"/", *lines: bytes, version: bytes = b"1.1") -> bytes:
    return b"\r\n".join((b"GET %b HTTP/%b" % (target, version), b"Host: a", *lines, b"", b""))


def post(body: bytes, *lines: bytes) -> bytes:
    return b"\r\n".join((b"POST / HTTP/1.1", b"Host: a", b"Content-Length: %d" % len(body), *lines, b"", body))


CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
SHORT = ServerLimits(head_timeout_s=0.2, body_idle_timeout_s=0.2, keep_alive_s=0.2, write_stall_timeout_s=0.2)
