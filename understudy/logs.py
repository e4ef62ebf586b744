"""Logs: one line an event on stderr, no password in any of them; JSON, unless a terminal reads it or settings say.

Events are dotted and in the past tense (`redis.started`), values are fields. What libraries log through the standard
library comes out the same way. Called in each process before anything else logs, and again when settings change.
"""

import contextlib
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from understudy.settings.model import LogFormat, LogLevel
from understudy.settings.urls import without_user

Shown = Callable[[str], str]
AS_IT_IS: Shown = str
AS_THEY_ARE = frozenset({"event", "level", "timestamp"})  # ours: nothing of the traffic is in them


def configure(least: LogLevel = "info", form: LogFormat | None = None, *, shown: Shown, **always: str) -> None:
    """Set up this process's logs: from the level `least` on; `always` are fields of each line (the role, say).

    `shown` replaces what a person must not see; AS_IT_IS is for who meets no traffic.
    """
    terminal = sys.stderr.isatty()
    level = logging.getLevelNamesMapping()[least.upper()]
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=not terminal),
        _Always(always),
    ]
    if form == "console" or (form is None and terminal):
        # Before it is drawn: a traceback, too, may say what came with the traffic.
        drawn = structlog.dev.ConsoleRenderer(colors=terminal)
        processors += [structlog.processors.format_exc_info, _Mask(shown), drawn]
    else:
        processors += [
            structlog.processors.format_exc_info,
            _Mask(shown),
            structlog.processors.JSONRenderer(default=repr, ensure_ascii=False),
        ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # One write a line: all roles share this stderr, and another's line must not come between a line and its end.
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _WhereThereIsRoom(sys.stderr))),
    )
    logging.basicConfig(handlers=[_LibraryLogs()], level=max(level, logging.WARNING), force=True)


class _WhereThereIsRoom:
    """A stream on a disk that may be full, or to a reader that may be gone: lines are lost then, not who wrote them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


class _Always:
    """A processor that adds the same fields to each line."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {**event, **self._fields}


class _Mask:
    """A processor through which every value of every line goes: no password of a URL, nothing that `shown` hides."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {key: value if key in AS_THEY_ARE else self._hidden(value) for key, value in event.items()}

    def _hidden(self, value: Any) -> Any:
        if value is None or isinstance(value, int | float):
            return value
        if isinstance(value, Mapping):
            return {self._hidden(str(key)): self._hidden(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._hidden(item) for item in value]
        return self._shown(without_user(value if isinstance(value, str) else str(value)))


class _LibraryLogs(logging.Handler):
    """What a library logs, as an event of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(
            record.levelno, "library.logged", logger=record.name, message=record.getMessage(), exc_info=record.exc_info
        )
