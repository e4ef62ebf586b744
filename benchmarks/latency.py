"""Added latency at a moderate fixed rate, which every subject can serve: its quantiles less those without a proxy.

Every round measures the baseline anew, so that a slower minute of the machine is taken from both sides.
"""

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.endpoints import candidate
from benchmarks.open_loop import Load, generator
from benchmarks.subjects.subject import Subject
from benchmarks.windows import Bench, Window, calmest

RATE = 2_000.0
WARM_UP_S = 1.0

Samples = dict[str, list[Window[Load]]]


def measure(
    bench: Bench, subjects: Sequence[Subject], *, rounds: int, seconds: float, tell: Callable[[str], None]
) -> Samples:
    samples: Samples = {subject.name: [] for subject in subjects}
    for number in range(rounds):
        for subject in subjects:
            tell(f"added latency, round {number + 1} of {rounds}: {subject.name}")
            samples[subject.name].append(calmest(partial(_once, bench, subject, seconds), bench.attempts))
    return samples


def _once(bench: Bench, subject: Subject, seconds: float) -> Window[Load]:
    with (
        bench.production_first(),
        generator() as load,
        candidate("healthy", bench.directory) as shadow,
        subject.running(bench.directory, bench.port, shadow if subject.shadows else None) as running,
    ):
        load.offer(running.port, RATE, WARM_UP_S)
        return bench.window(running, lambda: load.offer(running.port, RATE, seconds))
