"""Places dealt out among the members: all of them, once, evenly."""

from hypothesis import given
from hypothesis import strategies as st

from records.store.share import Place, share

PLACES = [Place(("models", candidate), partition) for candidate in ("a", "b") for partition in range(4)]
places = st.lists(st.sampled_from(PLACES), unique=True)
members = st.lists(st.sampled_from("pqrstu"), min_size=1, unique=True)


@given(places, members)
def test_each_place_has_one_member(there: list[Place], workers: list[str]) -> None:
    """Whoever computes it, every place is somebody's and nobody's twice."""
    dealt = [place for worker in workers for place in share(there, workers, worker)]
    assert sorted(dealt) == sorted(there)


@given(places, members)
def test_the_shares_are_even(there: list[Place], workers: list[str]) -> None:
    """No member has more than one place more than another."""
    sizes = [len(share(there, workers, worker)) for worker in workers]
    assert max(sizes) - min(sizes) <= 1


@given(places, members)
def test_order_does_not_matter(there: list[Place], workers: list[str]) -> None:
    """Members that read the same facts in another order come to the same shares."""
    assert share(there[::-1], workers[::-1], workers[0]) == share(there, workers, workers[0])


def test_one_that_is_not_announced_has_nothing() -> None:
    """Before its presence is seen by the others, a worker asks for nothing."""
    assert share(PLACES, ["p"], "q") == ()
