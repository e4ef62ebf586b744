"""The design effect: how much a rate varies between groups of requests, against requests that are independent.

Where a user is always in or always out, requests of one user resemble each other, and intervals that count each request
as new evidence are too narrow by about its square root. Kish, Survey Sampling (1965), section 5.4; the linearised
variance of a ratio between clusters is Cochran's (Sampling Techniques, third edition, section 6.3).
"""

from collections.abc import Sequence

MIN_CLUSTERS = 10
MIN_EVENTS = 20


def design_effect(sizes: Sequence[int], totals: Sequence[float], squares: float) -> float | None:
    """From the clusters' sizes and sums of values, and the sum of all squared values.

    None below MIN_CLUSTERS filled clusters, below a total of MIN_EVENTS, and where nothing varies.
    """
    filled = [(size, total) for size, total in zip(sizes, totals, strict=True) if size]
    m, n, k = len(filled), sum(size for size, _ in filled), sum(total for _, total in filled)
    if m < MIN_CLUSTERS or k < MIN_EVENTS:
        return None
    rate = k / n
    alone = (squares / n - rate * rate) / n
    between = m / (m - 1) * sum((total - rate * size) ** 2 for size, total in filled) / n**2
    return between / alone if alone > 0 else None
