"""A bar on stderr for a command that takes its time; nothing where nobody looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=console,
        disable=not console.is_terminal,
    )


@contextmanager
def waiting() -> Iterator[Callable[[str, int, int], None]]:
    """For a command that waits until there is enough: how much there is, how much that is about, and why."""
    with progress() as shown:
        task = shown.add_task("", total=None)

        def tell(why: str, there: int, enough: int) -> None:
            shown.update(task, description=why, completed=there, total=enough)

        yield tell
