"""Logs: one line an event on stderr, no password in any of them; JSON, unless a terminal reads it or settings say.

Events are dotted and in the past tense (`redis.started`), values are fields. What libraries log through the standard
library comes out the same way. Called in each process before anything else logs, and again when settings change.
"""

import contextlib
import logging
import sys
from collections.abc import Mapping
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from understudy.settings import LogFormat, LogLevel
from understudy.urls import without_user


def configure(least: LogLevel = "info", form: LogFormat | None = None, **always: str) -> None:
    """Set up this process's logs: from the level `least` on; `always` are fields of each line (the role, say)."""
    terminal = sys.stderr.isatty()
    level = logging.getLevelNamesMapping()[least.upper()]
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=not terminal),
        _Always(always),
    ]
    if form == "console" or (form is None and terminal):
        processors += [_without_passwords, structlog.dev.ConsoleRenderer(colors=terminal)]
    else:
        processors += [
            structlog.processors.format_exc_info,
            _without_passwords,
            structlog.processors.JSONRenderer(default=repr, ensure_ascii=False),
        ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # One write a line: all roles share this stderr, and another's line must not come between a line and its end.
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _WhereThereIsRoom(sys.stderr))),
    )
    logging.basicConfig(handlers=[_Forwarding()], level=max(level, logging.WARNING), force=True)


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


def _without_passwords(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _shown(value) for key, value in event.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return without_user(value)
    if isinstance(value, (list, tuple)):
        return [_shown(item) for item in value]
    if isinstance(value, BaseException):
        return without_user(str(value))
    return value


class _Forwarding(logging.Handler):
    """What a library logs, as an event of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(
            record.levelno, "library.logged", logger=record.name, message=record.getMessage(), exc_info=record.exc_info
        )
