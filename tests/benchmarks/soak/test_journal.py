"""What is read out of a log."""

import json
from pathlib import Path

from benchmarks.soak.journal import Journal


def test_processes_deaths_and_errors_are_read_on_as_the_log_grows(tmp_path: Path) -> None:
    """Lines that are not whole yet, or not JSON, are left; nothing is read twice."""
    log = tmp_path / "serve.log"
    journal = Journal(log)
    assert journal.read().roles == {}
    started = {"event": "worker.started", "worker_role": "mirror", "pid": 5, "level": "info"}
    died = {"event": "worker.died", "worker_role": "mirror", "pid": 5, "why": "killed by SIGKILL", "level": "error"}
    log.write_text("understudy\n" + json.dumps(started) + "\n" + json.dumps(died)[:20])

    assert (journal.read().roles, journal.died) == ({5: "mirror"}, {})

    with log.open("a") as more:
        more.write(json.dumps(died)[20:] + "\n")
    for _ in range(2):
        assert journal.read().died == {5: "mirror: killed by SIGKILL"}
    assert journal.errors == {"worker.died": 1}
