"""Whether a process's memory is flat."""

import os
import random

import pytest

from benchmarks.soak.memory import MIB, Sample, Sizes, growth, wrong_with_memory

QUARTER_OF_AN_HOUR = range(900)


def grows(bytes_a_second: float, *, noise: float = 0.0) -> list[Sample]:
    chance = random.Random(3)
    return [
        Sample(float(second), int(80 * MIB + bytes_a_second * second + chance.uniform(-noise, noise)))
        for second in QUARTER_OF_AN_HOUR
    ]


@pytest.mark.parametrize(("bytes_a_request", "flat"), [(0, True), (4, True), (6, False), (100, False)])
def test_what_is_kept_of_every_request_is_seen(bytes_a_request: int, flat: bool) -> None:
    """At 2,000 requests a second, six bytes of each are too much, whatever the noise."""
    assert growth(grows(2_000 * bytes_a_request, noise=4 * MIB)).flat == flat


def test_a_buffer_that_was_full_for_a_while_is_no_growth() -> None:
    """A minute at twice the size, and back."""
    samples = [Sample(each.at_s, each.size * 2) if 300 <= each.at_s < 360 else each for each in grows(0.0, noise=MIB)]

    assert growth(samples).flat


def test_a_role_that_grows_or_was_never_watched_for_long_enough_is_wrong() -> None:
    """No evidence is not taken for flat."""
    sizes = Sizes()
    sizes.samples = {
        ("proxy", 1): grows(0),
        ("proxy", 2): grows(100_000),
        ("mirror", 3): grows(0),
        ("compare", 4): grows(0)[:70],
    }

    judged = sizes.judged(warm_up_s=60, least_s=300)
    wrong = list(wrong_with_memory(("proxy", "mirror", "compare"), judged))

    assert 800 < judged["mirror"].seconds < 840
    assert [each.partition(" by ")[0] for each in wrong] == [
        "memory: proxy grew",
        "memory: no process of compare lived for long enough to be judged",
    ]


def test_a_process_has_its_size_and_one_that_is_gone_has_none() -> None:
    """Looked up by pid; the embedded store's is what it says it holds, and none while it says nothing."""
    sizes = Sizes()

    sizes.look(1.0, {os.getpid(): "proxy", 2**22 + 1: "mirror", 7: "redis"}, 5 * MIB)
    sizes.look(2.0, {7: "redis"}, None)

    assert {key: len(samples) for key, samples in sizes.samples.items()} == {("proxy", os.getpid()): 1, ("redis", 7): 1}
    assert sizes.samples["proxy", os.getpid()][0].size > MIB
    assert sizes.samples["redis", 7][0].size == 5 * MIB
