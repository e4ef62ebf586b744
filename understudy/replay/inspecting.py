"""What a source holds, read once and told: `understudy replay inspect`."""

import asyncio

import msgspec
import orjson

from comparators.render import markdown, text
from ground.printable import escaped
from loadtest.amounts import speed
from loadtest.inspection import Inspection, SourceContent, document_of
from loadtest.sources.source import Skips
from records.privacy.redaction import Redaction
from understudy import logs
from understudy.control.views import view_of
from understudy.progress import progress
from understudy.reading.opening import secret_of
from understudy.replay.traffic import WantedSource, requests_of, shown_source
from understudy.settings.loading import SettingsError
from understudy.settings.model import Settings
from understudy.site.datadir import key_of

_LOOK_EVERY = 4_096


def inspected(settings: Settings, source: WantedSource, at_speed: str, form: str) -> str:
    """In this form. Raises SettingsError, StoreError."""
    try:
        faster = speed(at_speed)
    except ValueError as error:
        raise SettingsError("--speed", str(error)) from None
    content = asyncio.run(_content(settings, source))
    if form == "json":
        return escaped(orjson.dumps(msgspec.to_builtins(content), option=orjson.OPT_INDENT_2).decode()) + "\n"
    blocks = document_of(content, shown_source(source.written), faster)
    return markdown.render(blocks) if form == "markdown" else text.render(blocks, text.WIDTH)


async def _content(settings: Settings, source: WantedSource) -> SourceContent:
    redaction = Redaction.create(settings.kept, key_of(secret_of(settings)))
    logs.configure("warning", shown=redaction.text)
    inspection, skips, count = Inspection(view_of(settings, source.route or "", redaction)), Skips(), 0
    with progress() as shown:
        task = shown.add_task("reading the source", total=None)
        async for found in requests_of(source, settings, skips):
            inspection.add(found)
            count += 1
            if count % _LOOK_EVERY == 0:
                shown.update(task, completed=count)
    return inspection.content(skips)
