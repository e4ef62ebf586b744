"""The verdicts in a chain: what was found last, and whether another one is a change. Pure."""

from understudy.history.chain import Chain, entries
from understudy.history.entry import HistoryEntry


def changed(chain: Chain, entry: HistoryEntry) -> HistoryEntry | None:
    """The entry, where it is the first of its candidate and policy, or another verdict or version than the last."""
    last = last_verdict(chain, entry.candidate, entry.policy)
    is_same = last is not None and (last[1].verdict, last[1].versions) == (entry.verdict, entry.versions)
    return None if is_same else entry


def last_verdict(chain: Chain, candidate: str, policy: str) -> tuple[str, HistoryEntry] | None:
    """With its hash."""
    own = (
        (found, each)
        for found, each in entries(chain[::-1])
        if each.kind == "verdict" and (each.candidate, each.policy) == (candidate, policy)
    )
    return next(own, None)
