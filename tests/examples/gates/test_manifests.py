"""The manifests against the documented grammar of who reads them, and what they decide on our real answers."""

import re
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from comparators.policy.hooks import HOOK_KINDS
from tests.comparators.staging import CANDIDATE
from tests.examples.gates import grammar
from tests.examples.gates.manifests import DIRECTORY, documents
from tests.understudy.admin.test_gate import CALL, MAPPING, POLICIES, Admin, admin, evidence, settings

__all__ = ["admin", "evidence", "settings"]  # fixtures

GRAMMARS = {
    "argo-rollouts.yaml": [grammar.ANALYSIS_TEMPLATE, grammar.ROLLOUT],
    "flagger.yaml": [grammar.CANARY],
    "kargo.yaml": [grammar.STAGE],
    "gitops-promoter.yaml": [grammar.WEB_REQUEST, grammar.STRATEGY],
    "github-actions.yaml": [grammar.WORKFLOW],
    "gitlab-ci.yaml": [grammar.GITLAB],
}
DECIDED = {"pass": (True, False), "fail": (False, True), "inconclusive": (False, False), "error": (False, True)}
SECONDS = {"s": 1, "m": 60, "h": 3600}


@pytest.mark.parametrize("name", GRAMMARS)
def test_a_manifest_is_of_its_consumers_grammar(name: str) -> None:
    """Every field is one that is documented, and of its type."""
    found = documents(name)
    assert len(found) == len(GRAMMARS[name])
    assert [
        each for document, shape in zip(found, GRAMMARS[name], strict=True) for each in grammar.wrong(document, shape)
    ] == []


def test_what_is_not_of_a_grammar_is_found() -> None:
    """The reading itself works: a misspelt field, a missing one, another type, a text that is none of those allowed."""
    (canary,) = documents("flagger.yaml")
    webhooks = canary["spec"]["analysis"]["webhooks"]
    webhooks[0]["retry"], webhooks[1]["timeout"], webhooks[2]["metadata"]["grace_s"] = 1, "10 s", 900
    del webhooks[3]["url"]
    assert len([*grammar.wrong(canary, grammar.CANARY)]) == 4


def test_each_manifest_stands_in_the_list() -> None:
    """With a line of what it does; and no line is of one that is not there."""
    listed = set(re.findall(r"^\| \[(\S+)\]\(\1\)", (DIRECTORY / "README.md").read_text("utf-8"), re.MULTILINE))
    assert listed == {each.name for each in DIRECTORY.iterdir() if each.suffix == ".yaml"} == set(GRAMMARS)


# ---- what they decide


def evaluated(expression: str, **variables: Any) -> Any:
    """By the expression language's own library, where it can be had."""
    golem = pytest.importorskip("golem")
    return golem.Engine(strict_vars=False).eval(expression, variables)


async def answers(admin: Admin) -> dict[str, dict[str, Any]]:
    return {verdict: (await admin.get(f"/gate/{CANDIDATE}?policy={verdict}")).json() for verdict in POLICIES}


def metric() -> dict[str, Any]:
    found: dict[str, Any] = documents("argo-rollouts.yaml")[0]["spec"]["metrics"][0]
    return found


async def test_argo_passes_what_passes_and_aborts_what_fails(admin: Admin, evidence: None) -> None:
    """All else is inconclusive, as both conditions are there."""
    told = await answers(admin)
    conditions = metric()["successCondition"], metric()["failureCondition"]
    for verdict, decided in DECIDED.items():
        assert tuple(evaluated(each, result=told[verdict]) for each in conditions) == decided


def test_argo_waits_as_long_as_it_says() -> None:
    """And then pauses: a count that is reached within the inconclusive limit is a success, and so may be an analysis in
    the background that is ended before it measured. A limit above the count is refused.
    """
    about, rollout = metric(), documents("argo-rollouts.yaml")[1]
    assert 0 < about["inconclusiveLimit"] < about["count"]
    assert about["consecutiveSuccessLimit"] == 1
    canary = rollout["spec"]["strategy"]["canary"]
    assert "analysis" not in canary
    weights = [each.get("setWeight", 0) for each in canary["steps"]]
    analysed = next(place for place, each in enumerate(canary["steps"]) if "analysis" in each)
    assert not any(weights[:analysed])
    given = {each["name"] for each in canary["steps"][analysed]["analysis"]["args"]}
    wanted = {each["name"] for each in documents("argo-rollouts.yaml")[0]["spec"]["args"] if "valueFrom" not in each}
    assert given == wanted


async def test_kargo_passes_what_passes_and_fails_what_fails(admin: Admin, evidence: None) -> None:
    """With the reason; it asks again otherwise, also where the answer is no verdict."""
    (step, _) = documents("kargo.yaml")[0]["spec"]["promotionTemplate"]["spec"]["steps"]
    config = step["config"]
    decide = config["successExpression"], config["failureExpression"]
    for verdict, body in (await answers(admin)).items():
        response = {"status": 200, "body": body}
        assert tuple(evaluated(each, response=response) for each in decide) == DECIDED[verdict]
        assert evaluated(config["errorExpression"], response=response) == body["reason"]
        outputs = {each["name"]: evaluated(each["fromExpression"], response=response) for each in config["outputs"]}
        assert outputs == {"record": body["record"], "evidence": body["url"]}
    refused = await admin.get("/gate/nobody")
    response = {"status": refused.status, "body": refused.json()}
    assert tuple(evaluated(each, response=response) for each in decide) == (False, False)
    assert not any("${{" in each for each in (*decide, config["errorExpression"]))


PHASES = {"pass": "success", "fail": "failure", "inconclusive": "pending", "error": "failure"}


async def test_promoter_s_phase_is_the_verdict(admin: Admin, evidence: None) -> None:
    """With reason and link; without an answer, what was said last holds, and at first nothing is decided."""
    when = documents("gitops-promoter.yaml")[0]["spec"]["success"]["when"]
    variables = when["variables"]["expression"]

    def told(name: str, response: Any, last: Any) -> Any:
        whole = {"phase": f"({when['expression']}).phase"}.get(name, f"({when['output']['expression']}).{name}")
        return evaluated(f"let Variables = ({variables}); {whole}", Response=response, SuccessOutput=last)

    for verdict, body in (await answers(admin)).items():
        response = {"StatusCode": 200, "Body": body, "Headers": {}}
        for last in (None, {}, {"verdict": "pass", "reason": "x", "url": "y"}):
            assert told("phase", response, last) == PHASES[verdict]
            assert told("reason", response, last) == body["reason"]
            assert told("url", response, last) == body["url"]
        for away in (None, {"StatusCode": 503, "Body": "no JSON", "Headers": {}}):
            assert told("phase", away, {"verdict": verdict, "reason": "x", "url": "y"}) == PHASES[verdict]
            assert told("phase", away, None) == told("phase", away, {}) == "pending"


# ---- what they ask


async def test_flagger_s_hooks_mean_what_their_addresses_do(admin: Admin, evidence: None) -> None:
    """Each type has the address of its kind; asked with its metadata, each answers by its own mapping."""
    analysis = documents("flagger.yaml")[0]["spec"]["analysis"]
    hooks = {hook["type"]: hook for hook in analysis["webhooks"]}
    assert set(hooks) == set(HOOK_KINDS)
    for kind, hook in hooks.items():
        path = urlsplit(hook["url"]).path
        assert path == f"/gate/flagger/{kind}"
        assert set(hook["metadata"]) <= {"candidate", "policy", "grace_s"}
        for verdict in POLICIES:
            metadata = {**hook["metadata"], "candidate": CANDIDATE, "policy": verdict}
            told = await admin.hook(kind, {**CALL, "metadata": metadata}, bearer=admin.tokens["gate"])
            graceful = 200 if kind == "rollout" and verdict == "error" else MAPPING[kind][verdict]
            assert told.status == graceful
    assert urlsplit(hooks["event"]["url"]).password == "TOKEN"
    timeouts = sum(seconds(hook["timeout"]) for hook in analysis["webhooks"] if hook["type"] == "rollout")
    assert timeouts < seconds(analysis["interval"])


def seconds(duration: str) -> int:
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"([0-9]+)([smh])", duration))


def asked() -> dict[str, str]:
    """The address and query that each of them asks, with its templates filled in."""
    argo = metric()["provider"]["web"]["url"].replace("{{args.candidate}}", "new").replace("{{args.version}}", "2")
    config = documents("kargo.yaml")[0]["spec"]["promotionTemplate"]["spec"]["steps"][0]["config"]
    query = {each["name"]: each["value"] if "${{" not in each["value"] else "2" for each in config["queryParams"]}
    promoter = documents("gitops-promoter.yaml")[0]["spec"]["httpRequest"]["urlTemplate"]
    filled = re.sub(r"\{\{[^{}]*\.Sha \}\}", "2", promoter)
    return {
        "argo": argo,
        "kargo": f"{config['url']}?{urlencode(query)}",
        "promoter": re.sub(r"\{\{[^{}]*\}\}", "", filled),
    }


@pytest.mark.parametrize("consumer", ["argo", "kargo", "promoter"])
async def test_what_is_asked_is_answered(admin: Admin, evidence: None, consumer: str) -> None:
    """Of the version that is delivered, and by a policy's name where one stands there."""
    url = asked()[consumer]
    assert grammar.HTTP_URL.fullmatch(url)
    parts = urlsplit(url)
    assert parts.path == "/gate/new"
    query = parts.query.replace("policy=full", "policy=pass")
    query = query if "policy=" in query else f"{query}&policy=pass"
    told = await admin.get(f"/gate/{CANDIDATE}?{query}")
    assert (told.status, told.json()["verdict"], told.json()["version"]) == (200, "pass", "2")
