"""Programs that a benchmark starts end with it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.places import ROOT
from tests.until import until

HOLDING = """
import time
from pathlib import Path
from benchmarks.processes import end_in_order, running

end_in_order()
with running(["sleep", "600"], core=None, directory=Path(".")) as process:
    print(process.pids()[0], flush=True)
    time.sleep(600)
"""


async def test_what_a_benchmark_has_started_ends_when_it_is_terminated(tmp_path: Path) -> None:
    """SIGTERM to the program alone: what it started is gone as well."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDING,
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert program.stdout is not None
    held = int(await program.stdout.readline())

    program.send_signal(signal.SIGTERM)

    assert await asyncio.wait_for(program.wait(), 60) == 128 + signal.SIGTERM

    async def gone() -> bool:
        try:
            os.kill(held, 0)
        except ProcessLookupError:
            return True
        return False

    await until(gone, "what it held to end")
