"""Every answer compared with what production answered when the request was recorded: calls in, rows out.

answers = scored + unscored by reason. A request that is sent several times is one unit: together its answers are
evidence of one. Nothing here sends anything, or waits.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable

import msgspec

from comparators.pairs.stretches import STRETCHES
from comparators.plans.plan import Plan
from loadtest.engine.ended_call import EndedCall
from loadtest.pair_judge import PairJudge
from loadtest.plan import LoadPlan
from loadtest.results.rows import NEVER, ResultRow
from loadtest.stock import NOT_RECORDED, Stock
from loadtest.stock_index import NO_TIME
from loadtest.tokens import bytes_in, streams_tokens, token_times
from records.entry_id import number_of
from records.nouns import Answer, Failure, Pair

MAX_LEARNT = 20_000  # requests looked at for kinds of request, their plans and slices
SPILL_FULL = "no room was left to keep it"
_BROKEN = "a fault of ours"
_GENERATION = 1


class Scorer:
    """Of one run. `learn` first, then `add` in any order; `judge` has what it came to."""

    def __init__(
        self, stock: Stock, plan: LoadPlan, judge: PairJudge, candidate: str, lasts_ns: int | None = None
    ) -> None:
        """`lasts_ns`: of a run that its time ends, and not its plan."""
        self._stock = stock
        self._plan = plan
        self._judge = judge
        self._candidate = candidate
        self._lasts_ns = lasts_ns
        self._repeats = plan.size > plan.distinct
        self._awaited: set[int] = set()  # of the calls at hand: production streamed its tokens
        self.unscored: Counter[str] = Counter()
        self.scored = self.disagreeing = 0

    def learn(self) -> list[Plan]:
        """How answers are read: from what was recorded, before anything is sent."""
        answered = self._stock.index.answered[:MAX_LEARNT]
        return self._judge.learn([self._stock.exchange(item) for item, is_known in enumerate(answered) if is_known])

    def add(self, calls: Iterable[EndedCall], started_ns: int) -> list[ResultRow]:
        """Their rows, with how much of each answer disagrees."""
        several = list(calls)
        pairs = [(call.row, pair) for call in several if (pair := self._pair(call)) is not None]
        shares = self._judged(pairs, {call.row: self._stretch(call, started_ns) for call in several})
        rows = [self._row(call, started_ns, shares.get(call.row)) for call in several]
        self._awaited.clear()
        return rows

    # ---- inside

    def _pair(self, call: EndedCall) -> Pair | None:
        """None where it can't be scored: that is counted, unless it warms up."""
        item = int(self._plan.item[call.row])
        warming_up = call.row < self._plan.warmup
        if not self._stock.index.answered[item] or call.without_body:
            self.unscored[SPILL_FULL if call.without_body else NOT_RECORDED] += not warming_up
            return None
        exchange = self._stock.exchange(item)
        if streams_tokens(exchange):
            self._awaited.add(call.row)
        if self._repeats and not exchange.sampling_key:
            exchange = msgspec.structs.replace(exchange, sampling_key=_hashed(exchange.id))
        return Pair(
            exchange=exchange,
            candidate=self._candidate,
            generation=_GENERATION,
            observation=call.observation,
            queue_delay_ns=max(0, call.issued - call.ready),
            warming_up=warming_up,
        )

    def _stretch(self, call: EndedCall, started_ns: int) -> int:
        """Of stretches with as many requests each, or as long."""
        gone, whole = (
            (call.row, self._plan.size) if self._lasts_ns is None else (call.issued - started_ns, self._lasts_ns)
        )
        return min(STRETCHES - 1, gone * STRETCHES // whole)

    def _judged(self, pairs: list[tuple[int, Pair]], stretches: dict[int, int]) -> dict[int, float]:
        """By row, the share that disagrees; of those that can be compared."""
        shares: dict[int, float] = {}
        judged = self._judge.add(pairs, stretches.__getitem__)
        for each in judged:
            found, counts = each.comparison, not each.pair.warming_up
            if found.incomparable:
                self.unscored[found.incomparable] += counts
            else:
                shares[number_of(each.entry)] = found.rows_disagreeing / found.rows
                self.scored += counts
                self.disagreeing += counts and found.rows_disagreeing > 0
        known = {number_of(each.entry) for each in judged}
        self.unscored[_BROKEN] += sum(row not in known and not pair.warming_up for row, pair in pairs)
        self.unscored += Counter()  # drops what is 0
        return shares

    def _row(self, call: EndedCall, started_ns: int, share: float | None) -> ResultRow:
        times, outcome = call.observation.timings, call.observation.outcome

        def since(offset: int | None) -> int:
            return NEVER if offset is None else call.started + offset - started_ns

        streamed = token_times(call, is_awaited=call.row in self._awaited)
        item = int(self._plan.item[call.row])
        lasted = int(self._stock.index.answered_ns[item])
        return ResultRow(
            n=call.row,
            due=call.due - started_ns,
            ready=call.ready - started_ns,
            issued=call.issued - started_ns,
            sent=since(times.sent),
            first_byte=since(times.first_byte),
            done=since(times.last_byte if times.last_byte is not None else times.failed),
            status=outcome.status if isinstance(outcome, Answer) else 0,
            failure=outcome.kind if isinstance(outcome, Failure) else "",
            bytes_out=int(self._stock.index.body_bytes[item]),
            bytes_in=bytes_in(call),
            recorded=NEVER if lasted == NO_TIME else lasted,
            first_token=since(streamed.first),
            last_token=since(streamed.last),
            token_events=streamed.events,
            tokens=NEVER if streamed.tokens is None else streamed.tokens,
            disagrees=share,
            warmup=call.row < self._plan.warmup,
        )


def _hashed(exchange: str) -> str:
    return hashlib.blake2b(exchange.encode(), digest_size=8).hexdigest()
