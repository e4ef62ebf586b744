"""What `understudy gate --init same-model`, and then `gate` with that policy unedited, say of a candidate's report."""

from comparators.evidence.versions import WHICHEVER
from comparators.policy.formats import as_text
from comparators.policy.starting import Purpose, starting_policy
from understudy.reading.judging import judgement_on, read_report
from understudy.settings.policies import NamedPolicy

PURPOSE: Purpose = "same-model"


def verdict_on(report: bytes) -> str:
    """`report` is the admin API's JSON."""
    read = read_report("report", report, "the admin API's")
    policy = NamedPolicy.of(PURPOSE, PURPOSE, starting_policy(PURPOSE, read).encode())
    return as_text(judgement_on(read, policy, WHICHEVER))
