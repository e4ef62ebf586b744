"""Whatever is asked of the gate, it is answered, and never with a fault of ours."""

import json
import random
from typing import Any

import pytest

from comparators.policy.hooks import HOOK_KINDS
from tests.comparators.staging import CANDIDATE
from tests.understudy.admin.test_gate import Admin, admin, evidence, settings

__all__ = ["admin", "evidence", "settings"]  # fixtures

TEXTS = (
    CANDIDATE, "one", "lost", "pass", "fail", "error", "2", "", "x" * 5_000, "\0", "a\r\nb", "中", "\u202e", "\ud800",
    "%ff", "../x", "{hook}", "-1", "1e999", "nan",
)  # fmt: skip
NAMES = (
    "candidate", "policy", "candidate_version", "production_version", "grace_s", "eventMessage", "eventType", "polciy",
    "", "\ud800",
)  # fmt: skip
VALUES = (None, True, 10**400, [], {}, [[]], "x", "\ud800")
PATHS = ("/gate/{}", "/gate/flagger/{}", "/gate/flagger", "/gate/flagger/", "/gate/{}/x")
NAMES_IN_PATHS = (
    CANDIDATE,
    "one",
    "flagger",
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "..%2fx",
    "%0d%0a",
    "x" * 3_000,
    *HOOK_KINDS,
)


def call(chance: random.Random) -> bytes:
    metadata = {chance.choice(NAMES): chance.choice(TEXTS) for _ in range(chance.randrange(5))}
    document: dict[str, Any] = {"name": chance.choice(TEXTS), "namespace": chance.choice(TEXTS), "metadata": metadata}
    if chance.random() < 0.3:
        document[chance.choice(["name", "namespace", "phase", "checksum", "metadata"])] = chance.choice(VALUES)
    written = json.dumps(document).encode()
    return chance.choice([written, written, written, written[:-1], b"[" * 60_000, b"", b"null", b'{"name": "\xff"}'])


def query(chance: random.Random) -> str:
    parts = [f"{chance.choice(NAMES[:5])}={chance.choice(NAMES_IN_PATHS)}" for _ in range(chance.randrange(4))]
    return "?" + "&".join(parts)


@pytest.mark.parametrize("seed", range(3))
async def test_no_question_finds_a_fault_of_ours(admin: Admin, evidence: None, seed: int) -> None:
    """Done, or refused in words; what a hook is answered is one line that can be printed."""
    chance = random.Random(seed)
    for _ in range(120):
        path = chance.choice(PATHS).format(chance.choice(NAMES_IN_PATHS)) + query(chance)
        method = chance.choice(["GET", "POST", "POST", "HEAD", "PUT"])
        body = {"data": call(chance)} if method in ("POST", "PUT") else {}
        told = await admin._ask(
            method, path, bearer=admin.tokens["admin"], headers={"Content-Type": "application/json"}, **body
        )
        assert told.status < 500, (method, path, body, told.body)
        if method == "POST" and path.startswith("/gate/flagger/"):
            assert told.body.endswith("\n")
            assert told.body[:-1].isprintable()


async def test_what_is_asked_is_bounded(admin: Admin, evidence: None) -> None:
    """A verdict that is kept has the question's words in it."""
    told = await admin.get(f"/gate/{CANDIDATE}?policy=pass&candidate_version={'x' * 1_001}")
    assert (told.status, told.json()["detail"][:44]) == (400, "candidate_version has 1,001 characters; noth")
