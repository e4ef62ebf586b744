"""What is kept by epoch is bounded, and each epoch's own."""

from comparators.pairs.by_epoch import FOLLOWED, ByEpoch


def test_the_epoch_that_was_asked_for_longest_ago_is_forgotten():
    """An endpoint may tell a new version with each answer."""
    kept = ByEpoch(list)
    for epoch in range(FOLLOWED):
        kept.of(epoch).append(epoch)
    assert kept.of(0) == [0]
    kept.of(FOLLOWED)
    assert kept.of(0) == [0]
    assert kept.of(1) == []
