"""Pairs in, comparisons out: one pure function over a batch, live and again. No store, no clock.

Whether a pair is comparable is decided by production's side alone: if the candidate had a say in it, leaving pairs out
would bend the rate.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

from comparators.compare import raw, tensors, tree
from comparators.compare.found import AGREES, Found, disagrees
from comparators.compare.latency import timing
from comparators.compare.outcome import has_output, outcome, outcome_class, succeeded
from comparators.compare.tolerance import Rules
from comparators.comparison import Comparison, Version
from comparators.errors import Unreadable
from comparators.extract.output import Document, Output, Raw, Tensors
from comparators.extract.plan import Plans, Protocol, plan_key
from comparators.extract.reading import read
from comparators.settings import CompareSettings
from comparators.summary import Summary, summarise
from records.nouns import Answer, Failure, Observation, Pair

UNNAMED = Version()
MAX_VERSION_CHARS = 128  # an answer may claim to be anything

_COMPARATORS: dict[type, Any] = {Tensors: tensors.compare, Document: tree.compare, Raw: raw.compare}


class _Read(Struct, gc=False):
    """A pair on its way: settled by status or by what could not be read, else two outputs that wait for their kind."""

    plan: str
    incomparable: str = ""
    found: Found = AGREES
    production: Output | None = None
    candidate: Output | None = None


def summary_of(pairs: Sequence[Pair], plans: Plans, settings: CompareSettings) -> Summary:
    """A batch as a mergeable summary: what a distributed engine would map over partitions of an export."""
    return summarise(compare_batch(pairs, plans, settings), settings.basis())


def compare_batch(pairs: Sequence[Pair], plans: Plans, settings: CompareSettings) -> list[Comparison]:
    """One comparison for each pair, in their order. Every kind of request among them should have its plan."""
    reads = [_read(pair, plans, settings) for pair in pairs]
    _compare_outputs(reads, Rules.of(settings))
    return [_comparison(pair, each) for pair, each in zip(pairs, reads, strict=True)]


def _read(pair: Pair, plans: Plans, settings: CompareSettings) -> _Read:
    exchange = pair.exchange
    production = exchange.production.outcome
    key = plan_key(exchange.request)
    if isinstance(production, Failure):
        return _Read(key, "production_unreadable")
    if production.body.cut:
        return _Read(key, "capture_cut")
    if not has_output(production):
        return _Read(key, found=_by_status(pair))
    plan = plans.known(key)
    if plan is None:
        plan = plans.of(exchange.request, production)
        key = plan.key
    return _read_outputs(key, plan.protocol, production, pair, settings.max_decoded_bytes)


def _read_outputs(key: str, protocol: Protocol, production: Answer, pair: Pair, limit: int) -> _Read:
    candidate = pair.observation.outcome
    try:
        own = read(protocol, production, limit)
    except Unreadable:
        return _Read(key, "production_unreadable")
    if not isinstance(candidate, Answer) or not has_output(candidate):
        return _Read(key, found=_by_status(pair), production=own)
    if candidate.body == production.body and _coding(candidate) == _coding(production):
        return _Read(key, production=own, candidate=own)  # the same bytes: the same output, and read once
    if candidate.body.cut:
        return _Read(key, found=disagrees("unreadable"), production=own)
    try:
        other = read(protocol, candidate, limit)
    except Unreadable:
        return _Read(key, found=disagrees("unreadable"), production=own)
    return _Read(key, production=own, candidate=other)


def _coding(answer: Answer) -> list[bytes]:
    return [value for name, value in answer.headers if name == b"content-encoding"]


def _by_status(pair: Pair) -> Found:
    """Of an answer without an output (a redirect, an error) only the class is compared: its text is not the model's."""
    production, candidate = pair.exchange.production, pair.observation
    if outcome_class(outcome(production)) == outcome_class(outcome(candidate)):
        return AGREES
    return disagrees("failed" if succeeded(production.outcome) and not succeeded(candidate.outcome) else "status")


def _compare_outputs(reads: Sequence[_Read], rules: Rules) -> None:
    """Each kind of output in one go, so that a comparator sees the batch and may vectorise over it."""
    by_kind: dict[type, list[_Read]] = defaultdict(list)
    for each in reads:
        if each.production is None or each.candidate is None:
            continue
        if type(each.production) is type(each.candidate):
            by_kind[type(each.production)].append(each)
        else:
            each.found = disagrees("kind")
    for kind, same in by_kind.items():
        found = _COMPARATORS[kind]([(each.production, each.candidate) for each in same], rules)
        for each, result in zip(same, found, strict=True):
            each.found = result


def _comparison(pair: Pair, each: _Read) -> Comparison:
    production, candidate = pair.exchange.production, pair.observation
    return Comparison(
        plan=each.plan,
        wall_ns=production.wall_ns,
        generation=pair.generation,
        production_version=_version(production, each.production),
        candidate_version=_version(candidate, each.candidate),
        production=outcome(production),
        candidate=outcome(candidate),
        production_ok=succeeded(production.outcome),
        candidate_ok=succeeded(candidate.outcome),
        timing=timing(pair),
        incomparable=each.incomparable,
        bad=each.found.bad,
        rows=each.found.rows,
        differences=each.found.differences,
    )


def _version(observation: Observation, output: Output | None) -> Version | None:
    """As settings or headers told it, else as the answer itself does; an answer without an output tells nothing."""
    version = observation.version
    if not version and isinstance(output, Tensors):
        version = output.version
    if not version and not observation.build:
        return None if output is None else UNNAMED
    return _named(version, observation.build)


@lru_cache(maxsize=256)
def _named(version: str, build: str) -> Version:
    return Version(version[:MAX_VERSION_CHARS], build[:MAX_VERSION_CHARS])
