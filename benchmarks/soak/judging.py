"""From what was counted and seen to what is wrong, in words. Pure: values in, sentences out; none means all is well.

A client's error is explained by a fault only where the fault's own table (faults.py) names the kind of error, and only
where the request was under way while the fault lasted. Whatever else a client saw is wrong, however rare.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.soak.clients import ClientTally, Trouble

# A killed process is a zombie before the last of its threads lets its connections go, and a client hears of that in a
# later turn of its loop: until then it may send a request into one.
HEARD_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFault:
    """A fault that was made. Times are of time.monotonic()."""

    name: str
    began_s: float
    ended_s: float
    explains: Mapping[str, str]  # kind of error: the reason why a client may see it

    def explains_this(self, trouble: Trouble) -> bool:
        together = trouble.began_s <= self.ended_s + HEARD_S and self.began_s <= trouble.ended_s
        return together and trouble.kind in self.explains


def sorted_out(
    troubles: Sequence[Trouble], happened: Sequence[PastFault]
) -> tuple[Counter[tuple[str, str]], list[Trouble]]:
    """How many of each kind each fault explains, and those that none does."""
    explained: Counter[tuple[str, str]] = Counter()
    left = []
    for trouble in troubles:
        by = next((each for each in happened if each.explains_this(trouble)), None)
        if by is None:
            left.append(trouble)
        else:
            explained[by.name, trouble.kind] += 1
    return explained, left


def wrong_with_clients(unexplained: Sequence[Trouble], told: ClientTally) -> Iterator[str]:
    for kind, count in sorted(Counter(trouble.kind for trouble in unexplained).items()):
        yield f"{count:,} times a client's `{kind}` that nothing explains"
    if told.untold:
        yield f"{told.untold:,} errors of clients were too many to be told one by one"
    if told.under_way:
        yield f"{told.under_way:,} requests were never ended"


def wrong_with_coverage(found: Mapping[str, Any], told: ClientTally) -> Iterator[str]:
    """`found`: a candidate's coverage at rest, as /api/coverage has it, against what the clients counted.

    What got no byte of an answer may have arrived or not: only so far may `requests` differ from the clients' count.
    """
    for name in ("held", "waiting", "uncompared"):
        if found[name]:
            yield f"coverage: {name} is {found[name]:,} at rest, and should be 0"
    shed, skipped, incomparable = (sum(found[name].values()) for name in ("shed", "skipped", "incomparable"))
    for whole, parts, words in (
        ("requests", found["not_sampled"] + shed + found["held"] + found["recorded"], "not_sampled + shed + recorded"),
        ("recorded", found["mirrored"] + skipped + found["waiting"], "mirrored + skipped"),
        ("mirrored", found["compared"] + incomparable + found["uncompared"], "compared + incomparable"),
    ):
        if found[whole] != parts:
            yield f"coverage: {whole} is {found[whole]:,}, {words} is {parts:,}: off by {found[whole] - parts:,}"
    arrived = told.sent - told.unknown
    if not arrived <= found["requests"] <= told.sent:
        yield (
            f"coverage: requests is {found['requests']:,}; clients sent {told.sent:,}, of which {told.unknown:,} "
            f"may not have arrived: off by {_outside(found['requests'], arrived, told.sent):+,}"
        )


def wrong_with_report(found: Mapping[str, Any], coverage: Mapping[str, Any]) -> Iterator[str]:
    """Nothing here opens a new epoch, so that every comparison is in the report once."""
    n, compared = found["metrics"]["disagreement.rate"]["n"], coverage["compared"]
    if n != compared:
        yield f"report: its n is {n:,}, and {compared:,} were compared: off by {n - compared:+,}"


def _outside(value: int, least: int, most: int) -> int:
    return value - most if value > most else value - least
