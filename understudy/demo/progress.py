"""What a person sees while the demo runs: a line for each stage, a bar for the traffic. On stderr, by rich."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


def display(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


@contextmanager
def stage(progress: Progress, what: str) -> Iterator[None]:
    """A line that is done when its block ends well."""
    task = progress.add_task(what, total=1)
    yield
    progress.advance(task)
