"""Whose captures are read: a load is of one deployment's requests, scored against that one's answers.

A shadow variant captures production's requests once more, so both together are twice the load; answers of two models
that share an endpoint are none that one candidate could agree with. Which deployment a row is of, its format says: by
columns, or by where its file lies. Nothing is read from files here.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from loadtest.errors import SourceError

ANOTHER = "of another deployment than the one that was chosen"

MAX_TOLD = 12  # by an error, and held
_HOUR_DIGITS = (4, 2, 2, 2)  # yyyy/mm/dd/hh

FolderOf = Callable[[Path], Path | None]


def variant_folder(path: Path) -> Path | None:
    """Where all captures of a file's variant lie, as Amazon lays them down, also where it was packed since: .jsonl.gz.

    None for a file that lies otherwise.
    """
    hour = path.parts[-5:-1]
    is_laid_down = (
        path.name.endswith((".jsonl", ".jsonl.gz"))
        and tuple(map(len, hour)) == _HOUR_DIGITS
        and all(part.isdecimal() for part in hour)
    )
    return path.parents[4] if is_laid_down else None


def check_folders(files: Iterable[Path], folder_of: FolderOf) -> None:
    """Raises SourceError where the files are of several variants."""
    folders = sorted({str(folder) for each in files if (folder := folder_of(each)) is not None})
    if len(folders) > 1:
        raise SourceError(
            f"holds captures of several variants, and a load is of one: give one's directory as SOURCE; there are "
            f"{_listed(folders)}. Two of a shadow test are compared by understudy import sagemaker"
        )


class OneDeployment:
    """Asked of each row in turn. `only`: the one that was chosen; empty where none was."""

    def __init__(self, only: str) -> None:
        self._only = only
        self._seen: dict[str, None] = {}

    def has(self, deployment: str, place: str) -> bool:
        """Whether the row is to be read. `deployment`: empty where the row does not say, and is then nobody else's.

        Raises SourceError for a second one where none was chosen.
        """
        if deployment and (deployment == self._only or len(self._seen) < MAX_TOLD):
            self._seen[deployment] = None
        if not self._only and len(self._seen) > 1:
            first, second = self._seen
            raise SourceError(
                f"{place} is of {second!r}, and rows before it of {first!r}: a load is of one deployment. "
                f"Add one to --map (…,only=={first}), or give its files alone"
            )
        return not self._only or deployment == self._only

    def check(self) -> None:
        """Raises SourceError where nothing was of the one that was chosen."""
        if self._only and self._only not in self._seen:
            raise SourceError(f"no row is of {self._only!r}; there are {_listed(list(self._seen)) or 'none that say'}")


def _listed(names: list[str]) -> str:
    more = len(names) - MAX_TOLD
    return ", ".join(names[:MAX_TOLD]) + (f" and {more} more" if more > 0 else "")
