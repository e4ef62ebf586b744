"""nginx as a proxy, plain and with `mirror`; and the frame of an nginx configuration, which the endpoints use too.

Tuned as a careful operator would: kept-alive connections on both sides, bodies in memory, no access log. (nginx
closes the mirror's connection after each answer's head whatever its upstream's `keepalive` says: it reads no further.)
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import machine
from benchmarks.processes import free_port, running
from benchmarks.subjects.subject import Running

_FRAME = """
daemon off;
worker_processes 1;
pid {name}.pid;
error_log stderr error;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {name}.body;
    proxy_temp_path {name}.proxy;
    fastcgi_temp_path {name}.fastcgi;
    uwsgi_temp_path {name}.uwsgi;
    scgi_temp_path {name}.scgi;
    client_body_buffer_size 16k;
    {servers}
}}
"""
_UPSTREAM = "upstream {name} {{ server 127.0.0.1:{port} max_fails=0; keepalive 128; keepalive_requests 1000000000; }}\n"
_PASS = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;'
_PLAIN = "server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://production; {passing} }} }}"
_MIRROR = """
server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ mirror /mirror; proxy_pass http://production; {passing} }}
    location = /mirror {{ internal; proxy_pass http://candidate$request_uri; {passing} }}
}}
"""


def configured(directory: Path, name: str, servers: str) -> list[str]:
    """Write the configuration; the command that runs nginx on it."""
    file = directory / f"{name}.conf"
    file.write_text(_FRAME.format(name=name, servers=servers))
    return ["nginx", "-e", "stderr", "-p", str(directory), "-c", str(file)]


class Nginx:
    records = "nothing"
    store = None

    def __init__(self, *, mirror: bool) -> None:
        self.name = "nginx, `mirror`" if mirror else "nginx, plain"
        self.shadows = mirror

    def missing(self) -> str | None:
        return None if shutil.which("nginx") else "nginx on the PATH (Debian: apt install nginx-light)"

    def version(self) -> str:
        said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr
        return f"nginx {said.strip().rpartition('/')[2]}"

    @contextmanager
    def running(self, directory: Path, production: int, candidate: int | None) -> Iterator[Running]:
        port = free_port()
        servers = _UPSTREAM.format(name="production", port=production)
        if candidate is None:
            servers += _PLAIN.format(port=port, passing=_PASS)
        else:
            servers += _UPSTREAM.format(name="candidate", port=candidate) + _MIRROR.format(port=port, passing=_PASS)
        command = configured(directory, f"proxy-{port}", servers)
        with running(command, core=machine.PROXY_CORE, directory=directory, port=port) as process:
            yield Running(port=port, proxy=process)
