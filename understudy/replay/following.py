"""A run as it is shown on a terminal while it lasts: one line, renewed. Nothing where nobody looks."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from loadtest.replaying import Progress, Tell

_NS = 1e9
_BAR = 12


@contextmanager
def followed(planned: int, lasts_ns: int) -> Iterator[Tell]:
    """What to call with each progress of so many requests, the last of which is due then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with Live(console=console, refresh_per_second=5, transient=True) as live:
        before: list[Progress] = []

        def tell(progress: Progress) -> None:
            text = line(progress, planned, lasts_ns, before[-1] if before else None)
            live.update(Text(text, no_wrap=True, overflow="ellipsis"))
            before[:] = [progress]

        yield tell


def line(progress: Progress, planned: int, lasts_ns: int, before: Progress | None) -> str:
    """`before`: the progress that was told before."""
    standing = progress.standing
    full = int(_BAR * standing.sent / max(1, planned))
    parts = [
        f"{'━' * full}{'─' * (_BAR - full)} {_clock(progress.elapsed_s)} of {_clock(lasts_ns / _NS)}",
        f"{standing.sent:,} sent",
        f"{standing.in_flight:,} in flight",
        f"{_rate(progress, before):,.0f}/s",
        "p99 " + ("—" if progress.p99_ms is None else f"{progress.p99_ms:,.0f} ms"),
        f"{standing.failed:,} failed",
        f"{100 * progress.disagreeing / progress.scored:.2g} % disagree" if progress.scored else "none scored",
    ]
    if standing.is_done:
        left = standing.ended - progress.scored - progress.unscored
        parts = [parts[0], f"scoring what is left: {max(0, left):,}"]
    return " · ".join(parts)


def _rate(progress: Progress, before: Progress | None) -> float:
    if before is None or progress.elapsed_s <= before.elapsed_s:
        return progress.standing.sent / progress.elapsed_s if progress.elapsed_s else 0.0
    return (progress.standing.sent - before.standing.sent) / (progress.elapsed_s - before.elapsed_s)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
