"""Captures of a shadow test that ran elsewhere, as the report of a route of its own: `understudy import sagemaker`.

No latency is in it where the captures have none.
"""

import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from comparators.evidence.report import Report
from ground.plurals import counted
from ground.printable import blanked
from loadtest.errors import SourceError
from loadtest.pair_judge import PairJudge, pair_coverage
from loadtest.sources.captures import CaptureTally, SageMakerCaptures
from loadtest.sources.source import Skips
from records.nouns import Pair
from records.privacy.redaction import Redaction
from understudy import logs
from understudy.control.evidence import compare_of
from understudy.control.views import view_of
from understudy.progress import progress
from understudy.reading.opening import secret_of
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings
from understudy.site.datadir import key_of

MAX_LEARNT, MAX_LEARNT_BYTES = 5_000, 134_217_728  # pairs that are held until it is known how they are read
_TURN = 256


def captured_report(
    settings: Settings, directory: str, production: str, candidate: str, route: str, window_s: float
) -> Report:
    """`production`, `candidate`: the variants' names. Raises SettingsError."""
    redaction = Redaction.create(settings.kept, key_of(secret_of(settings)))
    logs.configure("warning", shown=redaction.text)
    view = view_of(settings, route, redaction)
    judge = PairJudge(compare_of(settings, route), candidate=candidate, route=route, view=view, redaction=redaction)
    try:
        captures = SageMakerCaptures(Path(directory), production, candidate, window_s)
        _judge_all(judge, captures.pairs(route, candidate))
    except SourceError as error:
        raise SettingsError("DIR", str(error), directory) from None
    _tell(captures.tally, captures.skips)
    tally = captures.tally
    missing = {"ambiguous": tally.ambiguous, "unmatched": tally.unmatched}
    return judge.report(pair_coverage(judge.counts, tally.captured, missing))


def _judge_all(judge: PairJudge, pairs: Iterator[Pair]) -> None:
    first = list(_first(pairs))
    judge.learn([each.exchange for each in first])
    numbered = enumerate(chain(first, pairs))
    with progress() as shown:
        task = shown.add_task("comparing", total=None)
        while some := list(islice(numbered, _TURN)):
            judge.add(some)
            shown.advance(task, len(some))


def _first(pairs: Iterator[Pair]) -> Iterator[Pair]:
    size = 0
    for each in islice(pairs, MAX_LEARNT):
        yield each
        size += len(each.exchange.request.body.data)
        if size > MAX_LEARNT_BYTES:
            return


def _tell(tally: CaptureTally, skips: Skips) -> None:
    """What became of every line, before any number."""
    sys.stderr.write(
        f"{tally.captured:,} captured = {tally.paired:,} paired + {tally.ambiguous:,} ambiguous + "
        f"{tally.unmatched:,} unmatched; of the candidate's {tally.captured_candidate:,} lines "
        f"{tally.ambiguous_candidate:,} are ambiguous and {tally.unmatched_candidate:,} unmatched\n"
    )
    for reason, number in skips.counts.items():
        sys.stderr.write(f"{counted(number, 'line')} left out: {reason} ({blanked(', '.join(skips.places[reason]))})\n")
    for note in skips.notes:
        sys.stderr.write(f"{blanked(note)}\n")
