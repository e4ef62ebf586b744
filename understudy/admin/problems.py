"""Every error of the API as problem details (RFC 9457), and which of our errors is which status.

Hooks get a line of text: whoever called them shows a person the body as it is.
"""

from collections.abc import Mapping
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from comparators.errors import UnknownEpoch
from ground.printable import blanked
from records.errors import StoreError
from understudy.control.changes import Conflict, Unknown
from understudy.control.overlays import Contended, UnreadableOverlay
from understudy.operations.connections import problem
from understudy.settings.loading import SettingsError

HOOKS = "/gate/flagger/"  # every path of theirs begins with this

log = structlog.get_logger()

STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (Unknown, 404),
    (UnknownEpoch, 404),
    (Conflict, 409),
    (Contended, 409),
    (UnreadableOverlay, 409),
    (SettingsError, 422),
    (StoreError, 503),
)


class Problem(Exception):
    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers or {}


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    answered = _line if request.path.startswith(HOOKS) else problem
    try:
        return await handler(request)
    except Problem as refused:
        return answered(refused.status, refused.detail, refused.headers)
    except tuple(kind for kind, _ in STATUSES) as error:
        return answered(next(status for kind, status in STATUSES if isinstance(error, kind)), str(error))
    except web.HTTPException as error:  # aiohttp's own: no such path, method or too large a body
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        allowed = {name: value for name, value in error.headers.items() if name == "Allow"}
        return answered(error.status, error.reason, allowed)
    except Exception as error:  # the last door: logged whole, answered without our insides
        log.error("admin.failed", path=request.path, exc_info=error)
        return answered(500, "an error of ours; the log has it")


def _line(status: int, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=f"error: {blanked(detail)}\n", headers=headers)
