"""A run as it is shown on a terminal while it lasts: one line, renewed. Nothing where nobody looks."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from comparators.render import words
from loadtest.replaying import Progress, Tell

_NS = 1e9
_BAR = 12


@contextmanager
def followed(planned: int, lasts_ns: int, ends_ns: int | None = None) -> Iterator[Tell]:
    """What to call with each progress of so many requests, the last of which is due then; or of a run that ends then,
    however many it has sent.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with Live(console=console, refresh_per_second=5, transient=True) as live:
        before: list[Progress] = []

        def tell(progress: Progress) -> None:
            if ends_ns is None:
                share, lasts_s = progress.standing.sent / max(1, planned), lasts_ns / _NS
            else:
                lasts_s = ends_ns / _NS
                share = progress.elapsed_s / lasts_s
            text = line(progress, share, lasts_s, before[-1] if before else None)
            live.update(Text(text, no_wrap=True, overflow="ellipsis"))
            before[:] = [progress]

        yield tell


def line(progress: Progress, share: float, lasts_s: float, before: Progress | None) -> str:
    """`share`: of the run that is over. `before`: the progress that was told before."""
    standing = progress.standing
    full = int(_BAR * min(1.0, share))
    bar = f"{'━' * full}{'─' * (_BAR - full)} {_clock(progress.elapsed_s)} of {_clock(lasts_s)}"
    if standing.is_done:
        return f"{bar} · scoring what is left: {_left(progress):,}"
    parts = [
        bar,
        f"{standing.sent:,} sent",
        f"{standing.in_flight:,} in flight",
        _told_rate(_rate(progress, before)),
        f"p99 {words.number(progress.p99_ms, 'ms')}",
        f"{standing.failed:,} failed",
        *_scored(progress),
    ]
    return " · ".join(parts)


def _scored(progress: Progress) -> Iterator[str]:
    """What became of those that ended; together they are all."""
    scored = progress.scored
    if progress.warmed_up:
        yield f"{progress.warmed_up:,} warmed up"
    if scored:
        yield f"{words.number(progress.disagreeing / scored, 'share')} of {scored:,} disagree"
    elif not progress.warmed_up:
        yield "none scored"
    if progress.unscored:
        yield f"{progress.unscored:,} not scored"
    if left := _left(progress):
        yield f"{left:,} to score"


def _left(progress: Progress) -> int:
    """What scoring has not come to yet."""
    return max(0, progress.standing.ended - progress.scored - progress.unscored - progress.warmed_up)


def _told_rate(rate: float) -> str:
    """A whole number from ten on: of a fifth of a second no more is known."""
    return words.number(round(rate) if rate >= 10 else rate, "per_s")


def _rate(progress: Progress, before: Progress | None) -> float:
    if before is None or progress.elapsed_s <= before.elapsed_s:
        return progress.standing.sent / progress.elapsed_s if progress.elapsed_s else 0.0
    return (progress.standing.sent - before.standing.sent) / (progress.elapsed_s - before.elapsed_s)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
