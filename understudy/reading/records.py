"""A judgement that somebody wants on record: appended to the history of its route."""

from msgspec.structs import replace

from comparators.evidence.report import Report
from comparators.policy.judgement import Judgement
from comparators.render.formats import FORMATS
from records.store.store import Store
from understudy.control.subjects import routes_in_force
from understudy.history.entry import EntryKind, HistoryEntry, digest, entry_of
from understudy.history.file import HistoryFile
from understudy.history.safekeeping import Safekeeping
from understudy.history.settings_hash import settings_sha256
from understudy.history.writer import HistoryWriter
from understudy.settings.checks import each_candidate
from understudy.settings.model import Settings
from understudy.site.datadir import DataDir


async def recorded(store: Store, settings: Settings, judgement: Judgement, report: Report, who: str) -> Judgement:
    """The judgement with the hash of its entry. Raises StoreError."""
    entry = await entry_on(store, settings, judgement, report, "recorded", who)
    writer = await writer_of(store, settings, entry.route)
    link = await writer.append(entry.route, lambda _: entry)
    return replace(judgement, report_sha256=entry.report_sha256, record=link.ends_with if link is not None else "")


async def writer_of(store: Store, settings: Settings, route: str) -> HistoryWriter:
    """Of the route's whole history, also where the store lost it and the data directory has it. Raises StoreError."""
    await Safekeeping(store, HistoryFile(DataDir(settings.data_dir).history)).restore(route)
    return HistoryWriter(store)


async def entry_on(
    store: Store, settings: Settings, judgement: Judgement, report: Report, kind: EntryKind, who: str
) -> HistoryEntry:
    """Without its place in the chain. The report's hash is that of what `report --format json` writes of it."""
    report_sha256 = digest(FORMATS["json"].render(report).encode())
    judgement = replace(judgement, report_sha256=report_sha256)
    return entry_of(judgement, kind, who, await _settings_sha256(store, settings, judgement))


async def _settings_sha256(store: Store, settings: Settings, judgement: Judgement) -> str:
    """Of a candidate that is in force; of one that is gone nobody knows its settings."""
    own = (
        settings_sha256(route, candidate)
        for _, route, candidate in each_candidate(await routes_in_force(store, settings))
        if (route.key_name(), candidate.name) == (judgement.route, judgement.candidate)
    )
    return next(own, "")
