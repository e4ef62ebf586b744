"""A chain of links: what makes it one, how two of them stand to each other, and how it is kept short. Pure.

Each link begins where the one before ends, by number and by hash. A fold ends with the hash of its last entry, so that
what follows still holds on to it; that its own counts are true, no hash says; another copy, which
still has the entries, does.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from understudy.history.entry import Fold, HistoryEntry, canonical, digest

MAX_LINKS = 1_000  # of a route
FOLDED_TO = 750  # where there are more, so that it is not done at each entry

# How one chain stands to another: it lacks links of it, has more, or they differ in what both tell.
Relation = Literal["same", "behind", "ahead", "apart"]


class UnreadableLink(ValueError):
    """What is no link of a history."""


class Link(NamedTuple):
    """`ends_with`: the hash that the next one must name."""

    data: bytes
    what: HistoryEntry | Fold
    ends_with: str

    @classmethod
    def of(cls, data: bytes) -> "Link":
        """Raises UnreadableLink."""
        try:
            what = msgspec.json.decode(data, type=HistoryEntry | Fold)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnreadableLink(str(error)) from None
        return cls(data, what, what.ends_with if isinstance(what, Fold) else digest(data))

    @property
    def first(self) -> int:
        return self.what.first if isinstance(self.what, Fold) else self.what.number

    @property
    def last(self) -> int:
        return self.what.last if isinstance(self.what, Fold) else self.what.number


Chain = Sequence[Link]


def following(chain: Chain, entry: HistoryEntry) -> Link:
    """The entry as the chain's next link."""
    number, before = (chain[-1].last + 1, chain[-1].ends_with) if chain else (1, "")
    return Link.of(canonical(replace(entry, number=number, before=before)))


def entries(chain: Chain) -> Iterator[tuple[str, HistoryEntry]]:
    """Those that were not folded, each with its hash."""
    return ((link.ends_with, link.what) for link in chain if isinstance(link.what, HistoryEntry))


def breaks(chain: Chain) -> Iterator[str]:
    """Where it does not hold together, in words."""
    if chain and (chain[0].first != 1 or chain[0].what.before):
        yield f"entries before {chain[0].first} are missing"
    for link, then in pairwise(chain):
        if then.first != link.last + 1:
            yield f"entry {then.first} stands after entry {link.last}"
        elif then.what.before != link.ends_with:
            named, is_one = then.what.before[:12], link.ends_with[:12]
            yield f"entry {then.first} names {named}… as the hash of the one before, which is {is_one}…"


def relation(one: Chain, other: Chain) -> Relation:
    """Of `one` to `other`. Where one ends inside a fold of the other, only what both still tell can be compared."""
    if next(differences(one, other), ""):
        return "apart"
    last, others = (chain[-1].last if chain else 0 for chain in (one, other))
    return "same" if last == others else "behind" if last < others else "ahead"


def differences(stored: Chain, copy: Chain) -> Iterator[str]:
    """Where the store's chain and its copy differ in what both tell, in words."""
    ends = {link.last: link.ends_with for link in copy}
    for link in stored:
        if ends.get(link.last, link.ends_with) != link.ends_with:
            yield f"entry {link.last} is one in the store, and another one in the copy"
    for fold in (*_folded_otherwise(stored, copy), *_folded_otherwise(copy, stored)):
        yield f"the fold of entries {fold.first} to {fold.last} counts other verdicts than they have"


def _folded_otherwise(one: Chain, other: Chain) -> Iterator[Link]:
    """Folds of `one` that are not what the links of `other` come to, where it still has all that they stand for."""
    for link in filter(_is_fold, one):
        own = [each for each in other if link.first <= each.first and each.last <= link.last]
        is_whole = bool(own) and own[0].first == link.first and own[-1].last == link.last
        if is_whole and _fold(own).what != link.what:
            yield link


def joined(short: Chain, long: Chain) -> list[Link]:
    """`short`, and what `long` tells more; where a fold of `long` reaches into `short`, `long` alone."""
    last = short[-1].last if short else 0
    more = [link for link in long if link.last > last]
    return [*short, *more] if more and more[0].first == last + 1 else list(long)


# ---- kept short


def folded(chain: Chain, most: int = MAX_LINKS, to: int = FOLDED_TO) -> list[Link]:
    """Of more than `most` links, repeats are folded first, then the oldest, until there are `to`."""
    if len(chain) <= most:
        return list(chain)
    shorter = _without_repeats(chain)
    too_many = len(shorter) - to
    return [_fold(shorter[: too_many + 1]), *shorter[too_many + 1 :]] if too_many > 0 else shorter


def _without_repeats(chain: Chain) -> list[Link]:
    """Verdicts that came before and came again stay where they were first and last; folds become one with them."""
    first = {_told(link): at for at, link in reversed([*enumerate(chain)])}
    last = {_told(link): at for at, link in enumerate(chain)}
    stays = {*first.values(), *last.values()}
    found: list[Link] = []
    for is_kept, some in groupby(enumerate(chain), lambda each: each[0] in stays and not _is_fold(each[1])):
        links = [link for _, link in some]
        found += links if is_kept or len(links) == 1 else [_fold(links)]
    return found


def _is_fold(link: Link) -> bool:
    return isinstance(link.what, Fold)


def _told(link: Link) -> Hashable:
    """What two entries have in common where one repeats the other. Promotions and folds repeat nothing."""
    what = link.what
    if isinstance(what, Fold) or what.kind in ("promotion", "hook"):
        return link.ends_with
    return what.kind, what.candidate, what.policy, tuple(sorted(what.versions.items())), what.verdict, what.because


def _fold(links: Chain) -> Link:
    start, end = links[0].what, links[-1].what
    fold = Fold(
        route=start.route,
        first=links[0].first,
        last=links[-1].last,
        start=start.start if isinstance(start, Fold) else start.time,
        end=end.end if isinstance(end, Fold) else end.time,
        counts=_counts(links),
        before=start.before,
        ends_with=links[-1].ends_with,
    )
    return Link.of(canonical(fold))


def _counts(links: Chain) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for link in links:
        what = link.what
        told = what.counts if isinstance(what, Fold) else {what.kind: {what.verdict: 1}}
        for kind, by_verdict in told.items():
            found.setdefault(kind, Counter()).update(by_verdict)
    return {kind: dict(counts) for kind, counts in found.items()}
