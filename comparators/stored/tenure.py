"""What a lane has in memory under one lease of its partition; its next owner begins from what the store has booked."""

from dataclasses import dataclass

import msgspec
import structlog

from comparators.evidence.epochs import Attribution
from comparators.evidence.partition_book import NOTHING_BOOKED, PartitionBook
from comparators.plans.revisions import RevisionLedger
from comparators.stored.decisions import SharedDecisions
from comparators.stored.revising import Revising
from comparators.stored.states import States
from comparators.stored.waiting import Waiting
from records.store.group import Group

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    states: States
    attribution: Attribution
    revisions: RevisionLedger
    revising: Revising
    waiting: Waiting

    @classmethod
    def begin(cls, agreed: SharedDecisions, group: Group, partition: int, booked: bytes | None) -> "Tenure":
        """`booked`: by the owner before; None where there was none."""
        plans, basis = agreed.plans.known, agreed.settings.basis()
        book = decoded_book(booked) if booked else NOTHING_BOOKED
        longest_s = min(agreed.settings.plan_wait_s, group.bounds.max_age_ms / 2_000)
        return cls(
            states=States(group, basis),
            attribution=Attribution(agreed.route, agreed.candidate, basis, book.standing),
            revisions=RevisionLedger(plans, book.begun),
            revising=Revising(plans, agreed.candidate, partition, book.fits),
            waiting=Waiting(plans, longest_s=longest_s, room=group.bounds.max_pairs_bytes // 2),
        )

    def book(self) -> bytes:
        return PartitionBook.of(self.attribution.standing, self.revisions.begun, self.revising.fits).to_bytes()


def decoded_book(stored: bytes) -> PartitionBook:
    """Nothing, where it can't be read: another release wrote it."""
    try:
        return PartitionBook.from_bytes(stored)
    except msgspec.DecodeError:
        log.warning("standing.unreadable", bytes=len(stored))
        return NOTHING_BOOKED
