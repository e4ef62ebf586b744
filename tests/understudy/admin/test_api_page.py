"""docs/api.md against the API: each example has the keys of a true answer, and each route stands there."""

import json
import re
from typing import Any, get_args

import msgspec
import pytest

from comparators.evidence.registry import REGISTRY
from comparators.metrics.address import parse
from comparators.metrics.document import Block, Inline
from comparators.policy.hooks import HOOK_KINDS, GateAnswer
from comparators.policy.judgement import ReasonCode, Verdict
from comparators.render.formats import FORMATS
from records.store.store import Store
from tests.comparators.render.made import volatile, whole
from tests.places import ROOT
from tests.understudy.admin.test_admin import Api, api, follower, settings  # noqa: F401 - fixtures
from understudy.admin.candidates import Candidates
from understudy.admin.evaluation import Evaluation
from understudy.admin.findings import Findings
from understudy.admin.gate import Gate
from understudy.admin.reports import CandidateReports
from understudy.admin.verdicts import Verdicts
from understudy.control.following import Follower

PAGE = (ROOT / "docs/api.md").read_text("utf-8")
EXAMPLES = dict(re.findall(r"## GET (\S+)\n(?:(?!\n## ).)*?```json\n(.*?)```", PAGE, re.DOTALL))


BY_NAME = ("metrics", "distributions", "settings", "plans")


def refuse_unlike(shown: Any, true: Any, at: str = "") -> None:
    """Each object of the example has no key that the true one lacks; tables by name or reason hold any."""
    if (
        isinstance(shown, dict)
        and isinstance(true, dict)
        and not at.endswith(("metrics", "distributions", "settings", "plans"))
    ):
        reasons = all(isinstance(each, int) for each in shown.values()) and "schema" not in shown
        assert reasons or shown.keys() <= true.keys(), at
    for key in shown if isinstance(shown, dict) else ():
        if isinstance(true, dict) and key in true:
            refuse_unlike(shown[key], true[key], f"{at}.{key}")
    if isinstance(shown, list) and isinstance(true, list) and shown and true:
        refuse_unlike(shown[0], true[0], f"{at}[0]")


@pytest.mark.parametrize("path", ["/api/candidates", "/api/routes", "/api/coverage", "/api/plans"])
async def test_each_example_is_like_a_true_answer(api: Api, path: str) -> None:  # noqa: F811
    """What the page shows is what a program gets, `schema` among it."""
    shown = json.loads(EXAMPLES[path])
    status, true = await api("GET", path)
    assert status == 200
    assert shown["schema"] == true["schema"]
    assert shown.keys() == true.keys()
    assert {name: type(value) for name, value in shown.items()} == {name: type(value) for name, value in true.items()}
    refuse_unlike(shown, true)


def test_the_verdict_s_example_is_like_a_true_one() -> None:
    """Every key stands on the page, with what it may say; the verdict of a policy is made elsewhere."""
    shown = json.loads(EXAMPLES["/gate/{candidate}"])
    assert msgspec.convert(shown, GateAnswer)
    assert list(shown) == list(GateAnswer.__struct_fields__)
    below = PAGE.partition("## GET /gate/{candidate}")[2]
    assert all(f"`{each}`" in below for each in (*get_args(Verdict), *get_args(ReasonCode)))


def test_each_hook_s_answers_stand_on_the_page() -> None:
    """By verdict, as the table of the hooks has them."""
    table = PAGE.partition("## Flagger's hooks")[2]
    rows = {each.count("|"): each for each in table.splitlines() if each.startswith("| `")}
    assert set(rows) == {6}
    assert all(f"`/gate/flagger/{kind}`" in table for kind in HOOK_KINDS)


def test_the_report_s_example_is_like_a_true_one() -> None:
    """Every key of the report, its plans and its examples stands on the page, and no other."""
    shown, true = json.loads(EXAMPLES["/api/report"]), json.loads(FORMATS["json"].render(whole()))
    for each, other in (
        (shown, true),
        (shown["plans"][0], true["plans"][0]),
        (shown["examples"][0], true["examples"][0]),
    ):
        assert each.keys() == other.keys()
    refuse_unlike(shown, true)
    refuse_unlike(shown["plans"][0]["volatile"], json.loads(FORMATS["json"].render(volatile()))["plans"][0]["volatile"])


def test_each_block_of_a_document_stands_on_the_page() -> None:
    """And each kind of thing in a line, by the type that a program reads."""
    tables = PAGE.partition("### The document")[2]
    for kinds in (Block, Inline):
        names = {kind.__struct_config__.tag for kind in get_args(kinds) if kind is not str}
        assert len(names) > 3
        assert all(f"| `{name}` |" in tables for name in names)


async def test_each_route_stands_on_the_page(store: Store, follower: Follower) -> None:  # noqa: F811
    """No route of the API is without a line."""
    table = PAGE.partition("| request | answers |")[2].partition("\n\n")[0]
    reports = CandidateReports(store, follower)
    evaluation = Evaluation(store, follower, reports)
    gate = Gate(Verdicts(follower, reports, evaluation), evaluation)
    parts = (Candidates(store, follower), Findings(store, follower, reports), gate)
    for each in (route for part in parts for route in part.routes()):
        *_, last = each.path.rsplit("/", 1)
        assert each.method in table
        assert each.path in table or f"/{last}`" in table, each.path


def test_the_addresses_on_the_page_are_spelled_as_they_are_printed() -> None:
    """Whoever copies one has an address of a metric there is, with the parts that it may have."""
    table = PAGE.partition("### The address of a metric")[2].partition("### The document")[0]
    addresses = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    assert [str(parse(each)) for each in addresses] == addresses
    assert {parse(each).name for each in addresses} <= REGISTRY.keys()
    assert len(addresses) > 1
