"""Memory of comparing: the process's size while it compares millions of pairs. `python -m benchmarks.memory [PAIRS]`.

What a compare worker does, but for the store: records are decoded, compared, added to a summary, and its bytes
are made, batch by batch. Flat means that what grows with the pairs is nothing but counts.
"""

import resource
import sys
from pathlib import Path

from benchmarks.comparison import BATCH, SETTINGS
from benchmarks.made_pairs import MAKERS, made_pair
from comparators.pairs.batch import summary_of
from comparators.pairs.summary import Summary
from comparators.plans.known_plans import Plans
from comparators.stored.worker import collect_rarely
from records.codec import Codec

CODEC = Codec()

MADE = 20_000  # different pairs, given again and again
PAGE_BYTES = resource.getpagesize()


def resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 2**20


def main(pairs: int) -> None:
    what = next(iter(MAKERS))
    made = [made_pair(what, number) for number in range(MADE)]
    records, plans = [CODEC.encode(pair) for pair in made], Plans(SETTINGS)
    for plan in plans.missing([pair.exchange for pair in made[:BATCH]]):
        plans.learn(plan)
    del made
    collect_rarely()
    summary = Summary(basis=SETTINGS.basis())
    for start in range(0, pairs, BATCH):
        batch = [CODEC.decode_pair(records[(start + place) % MADE]) for place in range(BATCH)]
        summary.merge(summary_of(batch, plans))
        stored = summary.to_bytes()
        if start % (pairs // 10) < BATCH:
            print(f"{start + BATCH:>12,} pairs  {resident_mib():8.1f} MiB  summary {len(stored):,} bytes", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
