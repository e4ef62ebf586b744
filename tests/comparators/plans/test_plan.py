"""Plans as the store has kept them."""

import msgspec

from comparators.compare.extent import NOT_TOLD
from comparators.plans.plan import Plan


def test_a_plan_of_before_models_had_plans_of_their_own_is_still_read():
    """As the store keeps it; what has no plan of its own is read by it."""
    stored = b'{"method":"POST","path":"/v1/chat/completions","model":"","protocol":"openai_chat","decided_by":"path"}'
    plan = msgspec.json.decode(stored, type=Plan)
    said = f"{plan.key}: openai_chat (by path); provisional, from 0 answers"
    assert (plan.key, str(plan)) == ("POST /v1/chat/completions", said)


def test_a_plan_of_before_extents_is_still_read():
    """Its outputs have the extent of which nothing is told."""
    before = b'{"method":"POST","path":"/","model":"","protocol":"json","decided_by":"body","heads":'
    plan = msgspec.json.decode(before + b'[{"pointer":"/a","kind":"score","decided_by":"values"}]}', type=Plan)
    assert plan.heads[0].extent == NOT_TOLD
