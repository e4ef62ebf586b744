"""Counts of any number of names in a bounded space: never too small, and of frequent names hardly too large.

A count-min sketch (Cormode & Muthukrishnan, "An improved data stream summary: the count-min sketch and its
applications", Journal of Algorithms 55(1), 2005): each name adds to one of WIDTH buckets in each of DEPTH rows, and its
count is at most what is in the least full of these. With a chance of 1 - e^-DEPTH (95 %) that is too large by no more
than e / WIDTH (0.53 %) of all that was counted. Buckets are sums, so that merging is exact; who wants names has to know
which to ask for.
"""

import hashlib
from collections.abc import Iterator

from msgspec import Struct, field

DEPTH, WIDTH = 3, 512

_BYTES = 4  # of a digest, for each row


class CountMin(Struct):
    """`buckets` by row * WIDTH + place, those that are not empty."""

    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, name: str, count: int) -> None:
        for bucket in _buckets(name):
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count

    def merge(self, more: "CountMin") -> None:
        for bucket, count in more.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count

    def at_most(self, name: str) -> int:
        return min(self.buckets.get(bucket, 0) for bucket in _buckets(name))


def _buckets(name: str) -> Iterator[int]:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=DEPTH * _BYTES).digest()
    for row in range(DEPTH):
        yield row * WIDTH + int.from_bytes(digest[row * _BYTES : (row + 1) * _BYTES], "big") % WIDTH
