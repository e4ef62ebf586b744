"""Which parameters a query may have. One middleware, behind the guard: what nobody reads is refused before it is asked.

A parameter that was ignored would make another answer pass for the one asked for (`?epoch=3` of a report).
"""

from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from ground.near import did_you_mean
from understudy.admin.problems import Problem
from understudy.operations.ops import PATHS

GATE = ("policy", "candidate_version", "production_version")

# By route; every other one takes none.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "/api/report": ("candidate", "candidate_version", "production_version", "epoch", "format"),
    "/api/coverage": ("candidate",),
    "/gate/{candidate}": GATE,
    "/gate/flagger/{hook}": ("candidate", *GATE, "grace_s"),
}


@web.middleware
async def check_query(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.match_info.http_exception is None and request.path not in PATHS:  # probes may be given what they like
        _refuse_others(request, PARAMETERS.get(_route_of(request), ()))
    return await handler(request)


def _route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical


def _refuse_others(request: web.Request, known: tuple[str, ...]) -> None:
    for name in request.query:
        if name not in known:
            takes = f"takes {', '.join(known)}" if known else "takes no parameters"
            raise Problem(400, f"{request.path} has no parameter {name}: it {takes}{did_you_mean(name, known)}")
        if len(request.query.getall(name)) > 1:
            raise Problem(400, f"{name} is given more than once; {request.path} takes one")
