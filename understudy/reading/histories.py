"""The history of a route for the command: what the store holds, what its copy holds, and where they do not hold."""

from collections.abc import Iterator
from typing import NamedTuple

from records.store.store import Store
from understudy import logs
from understudy.control.subjects import only_route
from understudy.history.chain import Chain, Link, UnreadableLink, breaks, differences, relation
from understudy.history.file import DamagedHistory, HistoryFile
from understudy.history.writer import links_of
from understudy.reading.opening import opened
from understudy.settings.model import Settings
from understudy.site.datadir import DataDir


class Verification(NamedTuple):
    """`problems`, in words; `notes`: what is worth knowing and no problem."""

    route: str
    entries: int
    last: str
    problems: list[str]
    notes: list[str]


async def history_of(settings: Settings, route: str | None) -> tuple[str, list[Link]]:
    """The route's name, and its chain as the store has it. Raises SettingsError, StoreError."""
    logs.configure("warning", shown=logs.AS_IT_IS)
    async with opened(settings) as store:
        name = route or await only_route(store, settings)
        return name, links_of(name, await store.history.links(name))


async def verification_of(settings: Settings, route: str | None) -> Verification:
    """Raises SettingsError, StoreError."""
    logs.configure("warning", shown=logs.AS_IT_IS)
    async with opened(settings) as store:
        name = route or await only_route(store, settings)
        return await _verified(store, name, HistoryFile(DataDir(settings.data_dir).history))


async def _verified(store: Store, route: str, file: HistoryFile) -> Verification:
    """Subtle: the copy is read first, so that the store never lacks what was copied meanwhile."""
    problems: list[str] = []
    notes: list[str] = []
    copy: list[Link] | None
    try:
        copy = file.read().get(route, [])
    except (DamagedHistory, OSError) as error:
        copy = None
        problems.append(f"the copy: {error}")
    chain = _readable(await store.history.links(route), problems)
    problems += [f"the store: {each}" for each in breaks(chain)]
    if copy is not None:
        problems += [f"the copy: {each}" for each in breaks(copy)]
        problems += _between(chain, copy)
        notes += _lacking(chain, copy, file)
    return Verification(route, chain[-1].last if chain else 0, chain[-1].ends_with if chain else "", problems, notes)


def _readable(stored: list[bytes], problems: list[str]) -> list[Link]:
    """As far as it can be read."""
    chain = []
    for at, data in enumerate(stored, 1):
        try:
            chain.append(Link.of(data))
        except UnreadableLink as error:
            problems.append(f"the store: link {at} can't be read: {error}")
            break
    return chain


def _between(chain: Chain, copy: Chain) -> Iterator[str]:
    match relation(chain, copy):
        case "apart":
            yield next(differences(chain, copy))
        case "behind":
            last = chain[-1].last if chain else 0
            yield f"the store's chain is shorter: it ends with entry {last}, the copy with {copy[-1].last}"


def _lacking(chain: Chain, copy: Chain, file: HistoryFile) -> Iterator[str]:
    if chain and not copy:
        yield f"{file.path} has no copy of it: the admin of another data directory may"
    elif relation(chain, copy) == "ahead":
        yield f"the copy ends with entry {copy[-1].last}: the admin copies what is new every 10 s"
