"""What the shadow takes from the live path where they share a machine, as they do when one command starts everything.

All roles, the embedded server, production, candidate and load have both cores, and no priority but those that `serve`
gives itself. Each round measures the baseline, no candidate, twice: the second time's ratio to the first is the
instrument's own noise.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from benchmarks import endpoints
from benchmarks.open_loop import Load, generator
from benchmarks.subjects.together import together
from benchmarks.windows import Bench, Window, calmest

RATE = 2_000.0
WARM_UP_S = 2.0
BASELINE, AGAIN = "no candidate", "no candidate, again"
CONDITIONS = (BASELINE, "healthy", "slow", AGAIN)

Samples = dict[str, list[Window[Load]]]


def measure(bench: Bench, *, rounds: int, seconds: float, tell: Callable[[str], None]) -> Samples:
    samples: Samples = {condition: [] for condition in CONDITIONS}
    with bench.asleep():
        for number in range(rounds):
            for condition in CONDITIONS:
                tell(f"one machine, round {number + 1} of {rounds}: {condition}")
                samples[condition].append(calmest(partial(_once, bench, condition, seconds), bench.attempts))
    return samples


def _once(bench: Bench, condition: str, seconds: float) -> Window[Load]:
    with ExitStack() as stack:
        load = stack.enter_context(generator(first=False))
        production, _ = stack.enter_context(endpoints.production(bench.directory, core=None))
        shadow = None
        if condition not in (BASELINE, AGAIN):
            shadow = stack.enter_context(endpoints.candidate(condition, bench.directory, core=None))
        running = stack.enter_context(together(bench.directory, production, shadow))
        load.offer(running.port, RATE, WARM_UP_S)
        return bench.window(running, lambda: load.offer(running.port, RATE, seconds))
