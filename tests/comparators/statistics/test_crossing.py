"""Where functions change their sign, against functions whose roots are known."""

import math

import pytest

from comparators.statistics.crossing import Point, crossing

# Each is negative at 0, and its root on the way to 1 is known.
ROOTS = {
    "line": (lambda x: 3 * x - 1, 1 / 3),
    "flat at the root": (lambda x: (x - 0.25) ** 3, 0.25),
    "steep at the root": (lambda x: math.copysign(abs(x - 0.7) ** 0.2, x - 0.7), 0.7),
    "a step": (lambda x: -1.0 if x < 0.1 else 1.0, 0.1),
    "far from a line": (lambda x: math.exp(40 * x) - 2, math.log(2) / 40),
    "tiny": (lambda x: x - 1e-9, 1e-9),
}


@pytest.mark.parametrize("name", ROOTS)
@pytest.mark.parametrize("step", [1e-6, 0.3, 0.99, 5.0])
def test_a_root_is_found_from_wherever_it_is_looked_for_first(name, step):
    """And the answer lies on its far side."""
    beyond, root = ROOTS[name]
    found = crossing(beyond, Point(0.0, beyond(0.0)), 1.0, step)
    assert found == pytest.approx(root, rel=1e-9)
    assert beyond(found) >= 0


@pytest.mark.parametrize("name", ROOTS)
def test_it_is_found_in_either_direction(name):
    """The upper end of an interval is a lower one in a mirror."""
    beyond, root = ROOTS[name]
    found = crossing(lambda x: beyond(-x), Point(0.0, beyond(0.0)), -1.0, -0.5)
    assert found == pytest.approx(-root, rel=1e-9)


def test_where_nothing_changes_there_is_no_root():
    """An end that is never excluded is open."""
    assert crossing(lambda _: -1.0, Point(0.0, -1.0), 1.0, 0.5) is None


def test_few_values_are_asked_for():
    """A nearly straight line takes no more than eight."""
    asked = []

    def beyond(x):
        asked.append(x)
        return math.sin(x) - 0.3

    crossing(beyond, Point(0.0, -0.3), 1.0, 0.28)
    assert len(asked) <= 8
