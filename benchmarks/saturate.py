"""Closed-loop load by wrk: as many requests as 32 kept-alive connections get answered.

By default all requests are the same to the byte, as those of one caller of a model are. With `differing` each has its
own value of that field: of X-Request-ID, as behind a tracing gateway, or of one that no proxy could know beforehand.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.machine import on_core
from benchmarks.traffic import PATH, REQUEST_BODY

CONNECTIONS = 32
HEADS = 32_768  # sent in turn: many more than a proxy would remember
_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%(body)s]==]
if "%(differing)s" ~= "" then
  local made, sent = {}, 0
  init = function()
    for n = 1, %(heads)d do
      wrk.headers["%(differing)s"] = string.format("0f1e2d3c-%%08d", n)
      made[n] = wrk.format()
    end
  end
  request = function()
    sent = sent %% %(heads)d + 1
    return made[sent]
  end
end
done = function(summary, latency, requests)
  local e = summary.errors
  io.stderr:write(string.format('{"requests": %%d, "duration_us": %%d, "errors": %%d}',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation:
    requests: int
    seconds: float
    errors: int  # of connections, and answers other than 2xx and 3xx


def missing() -> str | None:
    return None if shutil.which("wrk") else "wrk on the PATH (Debian: apt install wrk)"


def version() -> str:
    said = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return f"wrk {said.split()[1].rpartition('/')[2].partition('-')[0]}"


def saturate(port: int, seconds: int, directory: Path, *, differing: str = "", path: str = PATH) -> Saturation:
    script = directory / "post.lua"
    script.write_text(_SCRIPT % {"body": REQUEST_BODY.decode(), "differing": differing, "heads": HEADS})
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}{path}"]
    with on_core(machine.OTHER_CORE):
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30).stderr
    found = json.loads(said)
    return Saturation(requests=found["requests"], seconds=found["duration_us"] / 1e6, errors=found["errors"])
