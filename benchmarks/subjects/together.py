"""Understudy as one command starts it: all roles and the embedded server under one supervisor, pinned to no core."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from benchmarks.processes import free_port, running
from benchmarks.subjects.ours import CANDIDATE, command
from benchmarks.subjects.subject import Running
from benchmarks.traffic import PATH, REQUEST_BODY

_CONFIG = """
listen = "127.0.0.1:{listen}"
admin = "127.0.0.1:{admin}"
data_dir = {data}

[ops]
proxy = "127.0.0.1:{proxy}"
mirror = "127.0.0.1:{mirror}"
compare = "127.0.0.1:{compare}"

[[routes]]
prefix = "/"
production = "http://127.0.0.1:{production}"
"""


@contextmanager
def together(directory: Path, production: int, candidate: int | None) -> Iterator[Running]:
    """In front of these ports, from when it answers."""
    ports = {name: free_port() for name in ("listen", "admin", "proxy", "mirror", "compare")}
    home = Path(mkdtemp(prefix="together-", dir=directory))
    config = home / "understudy.toml"
    text = _CONFIG.format(production=production, data=json.dumps(str(home / "data")), **ports)
    config.write_text(text + ("" if candidate is None else CANDIDATE.format(candidate=candidate)))
    with running([command(), "serve", "--config", str(config)], core=None, directory=home) as process:
        for role in ("proxy", "mirror", "compare", "admin"):
            process.listening(ports[role])
        process.answering(ports["listen"], PATH, REQUEST_BODY)
        yield Running(port=ports["listen"], proxy=process, config=config)
