"""What `understudy gate --init same-model`, and then `gate` with that policy unedited, say of a candidate's report."""

import hashlib
import time

from msgspec.structs import replace

from comparators.policy.formats import as_text
from comparators.policy.judging import judged
from comparators.policy.starting import Purpose, starting_policy
from understudy.reading.judging import read_report
from understudy.settings.policies import NamedPolicy, parsed

PURPOSE: Purpose = "same-model"


def verdict_on(report: bytes) -> str:
    """`report` is the admin API's JSON."""
    read = read_report("report", report, "the admin API's")
    policy = _policy(starting_policy(PURPOSE, read))
    found = judged(read, policy.policy, time.time())
    return as_text(replace(found, policy=policy.name, policy_sha256=policy.sha256))


def _policy(text: str) -> NamedPolicy:
    data = text.encode()
    return NamedPolicy(PURPOSE, parsed(PURPOSE, data), hashlib.sha256(data).hexdigest())
