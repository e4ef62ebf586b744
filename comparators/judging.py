"""A batch of pairs with what was found in each, and which counters that moves. A pair that breaks us is left out.

Recorded bodies are hostile: should one of them find a fault of ours, it is set aside alone, and the rest goes on.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from comparators.batch import compare_batch
from comparators.comparison import Comparison
from comparators.extract.plan import Plans
from comparators.settings import CompareSettings
from records.nouns import Pair

SET_ASIDE = "incomparable.set_aside"

log = structlog.get_logger()


class Judged(NamedTuple):
    pair: Pair
    comparison: Comparison


def judge(pairs: Sequence[Pair], plans: Plans, settings: CompareSettings) -> list[Judged]:
    """In their order, without those that could not be compared for a fault of ours: the caller sets these aside."""
    try:
        return list(map(Judged, pairs, compare_batch(pairs, plans, settings)))
    except Exception:
        if len(pairs) == 1:
            log.exception("pair.set_aside", exchange=pairs[0].exchange.id)
            return []
    middle = len(pairs) // 2
    return judge(pairs[:middle], plans, settings) + judge(pairs[middle:], plans, settings)


def counted(judged: Sequence[Judged]) -> Counter[str]:
    """As coverage counts them: compared, incomparable.<reason>, latency_excluded.<reason>."""
    reasons = Counter([comparison.incomparable for _, comparison in judged])
    excluded = Counter([comparison.timing for _, comparison in judged if isinstance(comparison.timing, str)])
    counts = Counter({f"incomparable.{reason}" if reason else "compared": count for reason, count in reasons.items()})
    counts.update({f"latency_excluded.{reason}": count for reason, count in excluded.items()})
    return counts
