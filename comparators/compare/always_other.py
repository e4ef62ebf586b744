"""Paths at which nearly every answer differs, and what its values say of that: each side has one value and always that
one (a version, or a model that answers nothing else), or whole numbers that are new in every answer. Pure.

What is volatile (volatile.py) is not among them. A name may say that it is about the service and not about the request:
then it may be left out; else whoever reads the report decides.
"""

from typing import Literal, NamedTuple

from comparators.compare.path_names import is_of_the_service
from comparators.compare.volatile import ALWAYS, VolatilePaths, VolatileSums, is_always_other

How = Literal["constant", "number"]


class AlwaysOther(NamedTuple):
    """`production` and `candidate` are a value of each side. `of_the_service`: a constant that is, as its name says."""

    path: str
    how: How
    production: str
    candidate: str
    of_the_service: bool


def always_other(paths: VolatilePaths, compared: int) -> list[AlwaysOther]:
    """Of an output that was compared so often; the volatile ones among them."""
    kept = sorted(paths.kept.items())
    return [found for path, sums in kept if (found := _found(path, sums, compared)) is not None]


def _found(path: str, sums: VolatileSums, compared: int) -> AlwaysOther | None:
    own, other = sums.production, sums.candidate
    if not is_always_other(sums, compared) or own.ends.first is None or other.ends.first is None:
        return None
    how = _how(sums)
    if how is None:
        return None
    is_named = how == "constant" and is_of_the_service(path)
    return AlwaysOther(path, how, own.ends.first, other.ends.first, is_named)


def _how(sums: VolatileSums) -> How | None:
    own, other = sums.production, sums.candidate
    if own.ends.only is not None and other.ends.only is not None:
        return "constant"
    are_new = all(side.whole >= ALWAYS * sums.n and side.always_new(sums.n) for side in (own, other))
    return "number" if are_new and not sums.followed.are(sums.n) else None
