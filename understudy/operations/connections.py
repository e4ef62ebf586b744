"""A connection to an operations address, the admin API's among them, and what is refused on it.

Each refusal is a document of problem details (RFC 9457). aiohttp refuses some requests before it asks an application,
past every middleware and in plain text: what is no HTTP, or has an expectation that nobody knows. Those are turned
into the same documents here.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

HEADERS = {
    "Cache-Control": "no-store",
    # Reports bring their style and drawings with them; nothing else is ever loaded, and no script runs.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    body = (json.dumps(document) + "\n").encode()
    return web.Response(status=status, body=body, content_type="application/problem+json", headers=headers)


class Connection(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """aiohttp's, which logs as well, with a document for its text."""
        super().handle_error(request, status, exc, message)
        detail = "an error of ours; the log has it"
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            first_line = (message or "").partition("\n")[0].rstrip(":")  # the others point at a byte of the request
            detail = first_line or "this is no HTTP request"
        answer = problem(status, detail, HEADERS)
        answer.force_close()
        return answer

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if isinstance(resp, web.HTTPException) and resp.status >= HTTPStatus.BAD_REQUEST:
            resp = problem(resp.status, resp.reason, HEADERS)
        return await super().finish_response(request, resp, start_time)
