"""Volatile paths: those that hold something new in every answer, an id, a time or a duration. They differ in every pair
and say nothing of the model, so the report names them and the line that ignores them.

Never where the candidate's value is production's and a constant, or times one: that is a model's answer (a delay, a
time of arrival). So it may be where nothing else of an answer varies: hints.py asks before it proposes any.

A whole number is an id where its name says so (`request_id`); what else always differs is told in always_other.py.

Only what differs is looked at. The sums tell, for each side, whether its values come again: they are hashed into
BUCKETS, and values that never repeat fall there as chance has it (Pearson's chi-square; repeated ones pile up).
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import islice
from typing import Any, Literal, NamedTuple, Self
from zlib import crc32

from msgspec import field

from comparators.compare.document_extent import writable
from comparators.compare.elements import FREE, DocumentPlace
from comparators.compare.label_names import MAX_NAME, shortened
from comparators.compare.path_names import is_of_the_service, says_duration, says_id_of_request
from comparators.compare.tolerance import pointer
from comparators.statistics.ends import Ends
from comparators.statistics.name_counts import beyond
from comparators.statistics.sums import Sums
from records.privacy.pointers import ANY

BUCKETS = 32
MAX_PATHS = 32  # of one output
LOOKED_AT = 16  # of so many answers that differ it is found out of one what it holds beside that
MAX_LOOKED_AT = 64  # of its values
MAX_CHARACTERS = 256  # of a text among them
NEAR_ONE = 0.01  # so near is the quotient of any two times
MIN_PAIRS = 30  # fewer tell nothing
ALWAYS = 0.95  # of the compared answers differ there, and of these values look like what is named
# The chi-square of values that never repeat is 31 on average, with a standard deviation of 7.9: four of these above.
MAX_CHI_SQUARE = 63.0

What = Literal["id", "time", "duration"]

_ID = re.compile(
    r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"  # a UUID
    r"|([A-Za-z]{1,16}[-_])?(?=[0-9A-Za-z]*[0-9])[0-9A-Za-z]{12,64}"  # a token, with a prefix or without
    r"|[0-9]{6,}",
    re.IGNORECASE,
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")  # RFC 3339, ISO 8601
_FROM_S, _TO_S = 1_000_000_000, 4_102_444_800  # 2001 and 2100, as Unix times
_SCALES = (1, 1_000, 1_000_000, 1_000_000_000)  # in s, ms, us, ns


class VolatileSide(Sums, kw_only=True):
    """Of one side's values that differed at a path: how they look, spread over the buckets, and two of them."""

    ids: int = 0
    times: int = 0
    numbers: int = 0
    whole: int = 0
    buckets: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    ends: Ends = field(default_factory=Ends)

    def add(self, value: str | float) -> int:
        """The bucket that it fell into."""
        written = value if isinstance(value, str) else repr(value)
        bucket = _bucket(written)
        self.buckets[bucket] += 1
        self.ends.see(written if len(written) <= MAX_NAME and written.isascii() else writable(shortened(written)))
        self.numbers += not isinstance(value, str)
        self.whole += type(value) is int
        self.times += _is_time(value)
        self.ids += isinstance(value, str) and _ID.fullmatch(value) is not None
        return bucket

    def always_new(self, n: int) -> bool:
        expected = n / BUCKETS
        return sum((count - expected) ** 2 for count in self.buckets) / expected <= MAX_CHI_SQUARE


class FollowedSums(Sums, kw_only=True):
    """By how much, and how many times, the candidate's numbers and times are more than production's: to five digits,
    in buckets. Where nearly all lie in one, the candidate's follow production's, and are the model's own.
    """

    apart: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    times: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def add(self, production: str | float, candidate: str | float) -> None:
        own, other = _amount(production), _amount(candidate)
        if own is None or other is None:
            return
        self.apart[_rounded(other - own)] += 1
        if own and abs(other / own - 1) > NEAR_ONE:
            self.times[_rounded(other / own)] += 1

    def are(self, n: int) -> bool:
        return max(*self.apart, *self.times) >= ALWAYS * n


class VolatileSums(Sums, kw_only=True):
    """`n` pairs differed at a path, in values that are text or numbers."""

    n: int = 0
    production: VolatileSide = field(default_factory=VolatileSide)
    candidate: VolatileSide = field(default_factory=VolatileSide)
    followed: FollowedSums = field(default_factory=FollowedSums)

    def add(self, production: str | float, candidate: str | float) -> int:
        self.n += 1
        self.followed.add(production, candidate)
        return self.production.add(production) + self.candidate.add(candidate)


class VolatilePaths(Sums, kw_only=True):
    """By path, where one value was found in place of another. The same ones are kept in whichever order they came
    (name_counts.py).
    """

    kept: dict[str, VolatileSums] = field(default_factory=dict)

    def see(self, values: Sequence[tuple[str, Any, Any]]) -> bool:
        """Count (path, production's value, the candidate's) of one pair, each path once. True where what is left of
        production's answer is to be looked at, as these values have it. Beside a constant they would always say the
        same, so there it always is.
        """
        buckets = 0
        for path, production, candidate in {path: (path, p, c) for path, p, c in values}.values():
            if path not in self.kept:
                self.kept[path] = VolatileSums()
            buckets += self.kept[path].add(production, candidate)
        self._trim()
        return buckets % LOOKED_AT == 0 or any(is_of_the_service(path) and type(p) is str for path, p, _ in values)

    def merge(self, other: Self) -> None:
        super().merge(other)
        self._trim()

    def _trim(self) -> None:
        if len(self.kept) > MAX_PATHS:
            for path in beyond(self.kept, MAX_PATHS):
                del self.kept[path]


class Volatile(NamedTuple):
    """A path of an output, on which side its values are always new, and what they are."""

    path: str
    side: Literal["both", "production", "candidate"]
    what: What


def rest_of(document: Any, place: DocumentPlace, root: str, values: Iterable[tuple[str, Any, Any]]) -> int:
    """The bucket of what one of production's answers holds beside these, of which those are left out that look as
    volatile ones do. Of the first MAX_LOOKED_AT values.
    """
    left_out = {(path, p) for path, p, c in values if _looks(path, p) or _looks(path, c)}
    numbers = {p for _, p in left_out}
    told: list[str] = []
    waiting: list[tuple[Any, DocumentPlace, tuple[str, ...]]] = [(document, place, ())]
    for _ in range(MAX_LOOKED_AT):
        if not waiting:
            break
        value, at, way = waiting.pop()
        if isinstance(value, dict) and value:
            waiting += _below(value.items(), at, way)
        elif isinstance(value, list) and value:
            waiting += ((each, inside, (*way, ANY)) for each, inside, _ in _below(_numbered(value), at, way))
        elif isinstance(value, dict | list) or value not in numbers or (_path(root, way), value) not in left_out:
            shown = f"{len(value)} {value[:MAX_CHARACTERS]}" if isinstance(value, str) else repr(value)
            told.append(f"{way} {shown}")
    return _bucket("\n".join(told))


def rest_varies(buckets: list[int]) -> bool:
    """Whether the rests of production's answers are not nearly always the same one."""
    return max(buckets) < ALWAYS * sum(buckets)


def _path(root: str, way: tuple[str, ...]) -> str:
    return root + writable(pointer(way))


def _looks(path: str, value: str | float) -> bool:
    if isinstance(value, str):
        return _is_time(value) or _ID.fullmatch(value) is not None
    return _is_time(value) or says_duration(path)


def _rounded(value: float) -> int:
    """The bucket of its first five digits."""
    return crc32(f"{value:.5g}".encode()) % BUCKETS


def _bucket(written: str) -> int:
    # Subtle: a checksum spreads neighbouring ids evenly, as chance does not.
    return blake2b(written.encode("utf-8", "replace"), digest_size=1).digest()[0] % BUCKETS


def _below(
    values: Iterable[tuple[str, Any]], place: DocumentPlace, way: tuple[str, ...]
) -> Iterable[tuple[Any, DocumentPlace, tuple[str, ...]]]:
    for key, value in islice(values, MAX_LOOKED_AT + 1):
        inside = place if place is FREE else place.inside(key)
        if inside is not None:
            yield value, inside, (*way, key)


def _numbered(values: list[Any]) -> Iterable[tuple[str, Any]]:
    return ((str(index), value) for index, value in enumerate(values))


def volatile(paths: VolatilePaths, compared: int) -> list[Volatile]:
    """The volatile ones of these paths, of an output that was compared so often."""
    kept = sorted(paths.kept.items())
    return [found for path, sums in kept if (found := _volatile(path, sums, compared)) is not None]


def _volatile(path: str, sums: VolatileSums, compared: int) -> Volatile | None:
    if not is_always_other(sums, compared) or not path or (sums.followed.are(sums.n) and not says_id_of_request(path)):
        return None
    own, other = (_what(path, side, sums.n) for side in (sums.production, sums.candidate))
    if own is not None and other is not None:
        return Volatile(path, "both", own)
    if own is not None:
        return Volatile(path, "production", own)
    return Volatile(path, "candidate", other) if other is not None else None


def is_always_other(sums: VolatileSums, compared: int) -> bool:
    """Whether nearly all answers differ there, and enough of them."""
    return sums.n >= MIN_PAIRS and sums.n >= ALWAYS * compared


def _what(path: str, side: VolatileSide, n: int) -> What | None:
    """None where values come again, or look like a model's own: a score is new in each answer, too."""
    if not side.always_new(n):
        return None
    if side.times >= ALWAYS * n:
        return "time"
    if side.ids >= ALWAYS * n or (side.whole >= ALWAYS * n and says_id_of_request(path)):
        return "id"
    return "duration" if side.numbers >= ALWAYS * n and says_duration(path) else None


def _amount(value: str | float) -> float | None:
    """A time in seconds. None of other texts."""
    if isinstance(value, str) and not _is_time(value):
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp() if isinstance(value, str) else float(value)
    except (ValueError, OverflowError):
        return None


def _is_time(value: str | float) -> bool:
    if isinstance(value, str):
        return _TIME.fullmatch(value) is not None
    return any(_FROM_S * scale <= value < _TO_S * scale for scale in _SCALES)
