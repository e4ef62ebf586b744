"""What a call of Flagger's asks about, and how long a rollout may be without evidence."""

from msgspec.structs import replace

from understudy.admin.flagger import MAX_ROLLOUTS, HookCall, Rollouts

CALL = HookCall(name="podinfo", namespace="test", checksum="a")


def test_each_rollout_has_its_grace_from_its_first_call_on() -> None:
    """A new checksum is a new rollout; one canary's is none of another's."""
    rollouts = Rollouts()
    assert not rollouts.is_grace_over(CALL, 60.0, now_s=100.0)
    assert not rollouts.is_grace_over(CALL, 60.0, now_s=159.9)
    assert rollouts.is_grace_over(CALL, 60.0, now_s=160.0)
    for other in (replace(CALL, checksum="b"), replace(CALL, name="other"), replace(CALL, namespace="prod")):
        assert not rollouts.is_grace_over(other, 60.0, now_s=160.0)
    assert rollouts.is_grace_over(CALL, 0.0, now_s=100.0)


def test_few_rollouts_are_remembered() -> None:
    """The newest, whoever calls."""
    rollouts = Rollouts()
    for number in range(MAX_ROLLOUTS + 10):
        rollouts.is_grace_over(replace(CALL, checksum=str(number)), 60.0, now_s=float(number))
    assert len(rollouts._begun_s) == MAX_ROLLOUTS
    assert rollouts.is_grace_over(replace(CALL, checksum="10"), 60.0, now_s=70.0)
