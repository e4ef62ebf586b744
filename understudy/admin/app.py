"""The admin role's application: ops, API and page behind one guard."""

from collections.abc import Iterable

from aiohttp import web
from prometheus_client.core import Metric

from http1.address import parse_listen
from records.store.store import Store
from understudy.admin.candidates import Candidates
from understudy.admin.evaluation import Evaluation
from understudy.admin.findings import Findings
from understudy.admin.gate import TELLING, Gate
from understudy.admin.guard import Demands, Tokens, add_headers, guard
from understudy.admin.problems import answer_problems
from understudy.admin.queries import check_query
from understudy.admin.reports import CandidateReports
from understudy.admin.verdicts import Verdicts
from understudy.control.following import Follower
from understudy.operations import ops
from understudy.site.datadir import DataDir

MAX_BODY_BYTES = 65_536


def admin_application(store: Store, follower: Follower, readiness: ops.Readiness) -> web.Application:
    settings = follower.file
    data = DataDir(settings.data_dir)
    tokens = Tokens(data.admin_token(), data.gate_token())
    demands = Demands(settings.admin_read_token, TELLING)
    hosts = (*settings.admin_hosts, parse_listen(settings.admin).host)
    reports = CandidateReports(store, follower)
    findings, evaluation = Findings(store, follower, reports), Evaluation(store, follower, reports)

    async def families() -> Iterable[Metric]:
        return [*await findings.families(), evaluation.family()]

    doors = [answer_problems, guard(tokens, demands, hosts), check_query]
    app = web.Application(middlewares=doors, client_max_size=MAX_BODY_BYTES)
    app.cleanup_ctx.append(evaluation.running)
    app.on_response_prepare.append(add_headers)
    app.add_routes(ops.routes(readiness, families))
    app.add_routes(Candidates(store, follower).routes())
    app.add_routes(findings.routes())
    app.add_routes(Gate(Verdicts(follower, reports, evaluation), evaluation).routes())
    return app
