"""Other load generators: how each is started for a closed loop of 32 connections, and what it says it has sent.

Each sends the one request again and again. One that is not installed is left out, and named.
"""

import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import StartError
from benchmarks.traffic import PATH, REQUEST_BODY

CONNECTIONS = 32
_BODY = "body.json"
_WRK = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = io.open("body.json"):read("*a")
"""
_K6 = """
import http from "k6/http";
const body = open("body.json");
export default function () {
  http.post("{url}", body, { headers: { "Content-Type": "application/json" } });
}
"""
_VEGETA = """\
POST {url}
Content-Type: application/json
@body.json
"""
_LOCUST = """
from pathlib import Path
from locust import FastHttpUser, task

BODY = Path("body.json").read_bytes()

class Caller(FastHttpUser):
    @task
    def ask(self):
        self.client.post("{path}", data=BODY, headers={"Content-Type": "application/json"})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """`command`, as a shell has it, in a directory with `files`; in both {program}, {url}, {host}, {path}, {seconds}
    and {connections} are filled in. `sent`: what it says it has sent, and had answered.
    """

    name: str
    program: str
    install: str
    command: str
    sent: str
    files: Mapping[str, str] = field(default_factory=dict)

    def found(self) -> str | None:
        """The program: beside this Python, or on the PATH."""
        return shutil.which(self.program, path=str(Path(sys.executable).parent)) or shutil.which(self.program)

    def prepared(self, directory: Path, port: int, seconds: int) -> Sequence[str]:
        """The command, with its files in the directory."""
        host = f"http://127.0.0.1:{port}"
        fields = {
            "program": self.found() or self.program,
            "url": host + PATH,
            "host": host,
            "path": PATH,
            "seconds": str(seconds),
            "connections": str(CONNECTIONS),
        }
        (directory / _BODY).write_bytes(REQUEST_BODY)
        for name, text in self.files.items():
            (directory / name).write_text(_filled(text, fields))
        return [_filled(word, fields) for word in shlex.split(self.command)]

    def requests(self, printed: str) -> int:
        """How many were sent and answered. Raises StartError where it does not say so."""
        found = re.search(self.sent, printed)
        if found is None:
            raise StartError(f"{self.name} does not say what it has sent:\n{printed[-2000:]}")
        return int(found[1])


def _filled(text: str, fields: Mapping[str, str]) -> str:
    for name, value in fields.items():
        text = text.replace("{" + name + "}", value)
    return text


_JSON = "-H 'Content-Type: application/json'"
PEERS = (
    Peer(
        name="wrk",
        program="wrk",
        install="Debian: apt install wrk",
        command="{program} -t 1 -c {connections} -d {seconds}s -s post.lua {url}",
        sent=r"(\d+) requests in",
        files={"post.lua": _WRK},
    ),
    Peer(
        name="ab",
        program="ab",
        install="Debian: apt install apache2-utils",
        command="{program} -q -k -c {connections} -t {seconds} -n 10000000 -p body.json -T application/json {url}",
        sent=r"Complete requests:\s+(\d+)",
    ),
    Peer(
        name="h2load",
        program="h2load",
        install="Debian: apt install nghttp2-client",
        command="{program} --h1 -t 1 -c {connections} -D {seconds} -d body.json " + _JSON + " {url}",
        sent=r"(\d+) succeeded",
    ),
    Peer(
        name="hey",
        program="hey",
        install="Debian: apt install hey",
        command="{program} -c {connections} -z {seconds}s -m POST -D body.json -T application/json {url}",
        sent=r"\[200\]\s+(\d+) responses",
    ),
    Peer(
        name="bombardier",
        program="bombardier",
        install="from its releases",
        command="{program} -c {connections} -d {seconds}s -m POST -f body.json " + _JSON + " -p result {url}",
        sent=r"2xx - (\d+)",
    ),
    Peer(
        name="k6",
        program="k6",
        install="from its releases",
        command="{program} run --quiet --vus {connections} --duration {seconds}s post.js",
        sent=r"http_reqs\.*: (\d+)",
        files={"post.js": _K6},
    ),
    Peer(
        name="vegeta",
        program="vegeta",
        install="from its releases",
        command="sh -c '{program} attack -rate=0 -max-workers={connections} -connections={connections} "
        "-duration={seconds}s -targets=targets.txt | {program} report -type=json'",
        sent=r'"200":\s*(\d+)',
        files={"targets.txt": _VEGETA},
    ),
    Peer(
        name="autocannon",
        program="autocannon",
        install="npm install --global autocannon",
        command="{program} -c {connections} -d {seconds} -m POST -i body.json " + _JSON + " -j {url}",
        sent=r'"2xx":\s*(\d+)',
    ),
    Peer(
        name="Locust, FastHttpUser",
        program="locust",
        install="the `bench` dependency group",
        command="{program} -f post.py --headless --users {connections} --spawn-rate {connections} "
        "--run-time {seconds}s --host {host} --only-summary --json",
        sent=r'"num_requests":\s*(\d+)',
        files={"post.py": _LOCUST},
    ),
)
