"""The gate over HTTP, for delivery controllers: a small JSON for those that read one, and Flagger's hooks.

All of it reads, but for the hook that tells us of an event: that goes into the route's history, with what is known of
the candidate then. What each kind of hook is answered is policy/hooks.py's.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
import structlog
from aiohttp import web
from msgspec.structs import replace

from comparators.evidence.versions import VersionChoice
from comparators.policy.hooks import HOOK_KINDS, HookAnswer, HookKind, answer, hook_answer, hook_answer_without
from ground.near import did_you_mean
from ground.printable import blanked
from records.errors import StoreError
from understudy.admin.evaluation import Evaluation
from understudy.admin.flagger import HookCall, Rollouts, asked_in, call_of, grace_of
from understudy.admin.problems import HOOKS, Problem
from understudy.admin.verdicts import GateQuestion, Verdicts
from understudy.history.entry import cut
from understudy.settings.loading import SettingsError

TELLING = frozenset({f"{HOOKS}event"})

MAX_SAID = 1_000  # characters of a name or a version: verdicts that are kept have them, too

log = structlog.get_logger()


class Gate:
    def __init__(self, verdicts: Verdicts, evaluation: Evaluation) -> None:
        self._verdicts = verdicts
        self._evaluation = evaluation
        self._rollouts = Rollouts()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/gate/{candidate}", self.verdict), web.post(f"{HOOKS}{{hook}}", self.hook)]

    async def verdict(self, request: web.Request) -> web.Response:
        """?policy=NAME&candidate_version=V&production_version=V. 200 with every verdict: who reads it takes any other
        status for a fault of the question, or of ours.
        """
        question = _question({**request.query, "candidate": request.match_info["candidate"]})
        told = answer(await self._verdicts.judgement(question, _base_url(request)))
        return web.json_response(msgspec.to_builtins(told))

    async def hook(self, request: web.Request) -> web.Response:
        kind, call = _kind(request.match_info["hook"]), call_of(await request.read())
        asked = asked_in(call, request.query)
        if kind == "event":
            told = await self._told(call, _question(asked))
        else:
            is_grace_over = self._rollouts.is_grace_over(call, grace_of(asked), asyncio.get_running_loop().time())
            told = await self._answered(kind, _question(asked), _base_url(request), is_grace_over)
        return web.Response(status=told.status, text=f"{told.line}\n")

    async def _answered(self, kind: HookKind, question: GateQuestion, base_url: str, is_grace_over: bool) -> HookAnswer:
        try:
            judgement = await self._verdicts.judgement(question, base_url)
        except (StoreError, SettingsError) as error:  # ours to mend: the canary is not to blame
            return hook_answer_without(kind, str(error), is_grace_over)
        return hook_answer(kind, judgement, is_grace_over)

    async def _told(self, call: HookCall, question: GateQuestion) -> HookAnswer:
        """What could not be recorded is an error: it may be told again."""
        said = blanked(f"{call.phase}: {call.metadata.get('eventMessage', '')}".strip(": "))
        entry = replace(
            await self._verdicts.entry(question, "event", blanked(f"flagger {call.canary()}")), because=cut(said)
        )
        link = await self._evaluation.append(entry)
        log.info("flagger.event", candidate=entry.candidate, canary=entry.who, said=entry.because)
        return HookAnswer(HTTPStatus.OK, f"{entry.verdict}: recorded as {link.ends_with}")


def _kind(name: str) -> HookKind:
    for kind in HOOK_KINDS:
        if kind == name:
            return kind
    raise Problem(
        404, f"there is no hook {name}: expected one of {', '.join(HOOK_KINDS)}{did_you_mean(name, HOOK_KINDS)}"
    )


def _question(asked: Mapping[str, str]) -> GateQuestion:
    for name, said in asked.items():
        if len(said) > MAX_SAID:
            raise Problem(400, f"{name} has {len(said):,} characters; nothing here has more than {MAX_SAID:,}")
    versions = VersionChoice(asked.get("candidate_version", ""), asked.get("production_version", ""))
    return GateQuestion(asked.get("candidate", ""), asked.get("policy", ""), versions)


def _base_url(request: web.Request) -> str:
    """As we are asked; the guard has looked at the Host. TLS is a gateway's, whose address is `admin_url`."""
    return f"http://{request.host}"
