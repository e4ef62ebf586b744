"""The chain: what breaks it, how it is kept short, how two stand to each other."""

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.understudy.history.judgements import CHECK, JUDGEMENT, chain_of, entry
from understudy.history.chain import Link, UnreadableLink, breaks, folded, following, joined, relation
from understudy.history.entry import MAX_ENTRY_BYTES, Fold, HistoryEntry, canonical, entry_of

FLAPPING = [entry("pass"), entry("fail")] * 30


def test_an_entrys_hash_is_that_of_its_line_and_the_next_one_names_it() -> None:
    """Whoever has the file checks it with `sha256sum`."""
    one, two = chain_of(entry(), entry("fail"))
    assert one.ends_with == hashlib.sha256(one.data).hexdigest() == two.what.before
    assert [each.first for each in (one, two)] == [1, 2]
    assert list(breaks([one, two])) == []


def test_the_same_entry_has_the_same_bytes_whoever_reads_it() -> None:
    """Reading and writing again changes none."""
    (link,) = chain_of(entry())
    assert canonical(link.what) == link.data


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda chain: [chain[0], chain[2]], "entry 3 stands after entry 1"),
        (lambda chain: chain[1:], "entries before 2 are missing"),
        (lambda chain: [_retold(chain[0]), *chain[1:]], "entry 2 names"),
        (lambda chain: [chain[0], _retold(chain[1]), chain[2]], "entry 3 names"),
    ],
)
def test_a_chain_that_was_tampered_with_is_found(broken, said: str) -> None:
    """An entry that is missing, or says something else than it did."""
    found = [*breaks(broken(chain_of(entry(), entry("fail"), entry())))]
    assert len(found) == 1
    assert found[0].startswith(said)


def _retold(link: Link) -> Link:
    return Link.of(canonical(replace(link.what, verdict="error")))


def test_what_repeats_is_folded_first_and_what_stands_for_it_is_counted() -> None:
    """The first and the last of each verdict stay, and so does a promotion among them; the chain still holds."""
    chain = chain_of(*FLAPPING[:30], entry(kind="promotion"), *FLAPPING[30:])
    short = folded(chain, most=20, to=10)
    told = [each.what.kind if isinstance(each.what, HistoryEntry) else each.what.counts for each in short]
    assert told == [
        "verdict", "verdict", {"verdict": {"pass": 14, "fail": 14}}, "promotion",
        {"verdict": {"pass": 14, "fail": 14}}, "verdict", "verdict",
    ]  # fmt: skip
    assert list(breaks(short)) == []
    assert following(short, entry()).what.before == chain[-1].ends_with


def test_where_nothing_repeats_the_oldest_are_folded() -> None:
    """As many as have to go, into one; folding again folds the fold."""
    chain = chain_of(*(entry(candidate=f"c{each}") for each in range(21)))
    short = folded(chain, most=20, to=10)
    assert [(each.first, each.last) for each in short[:2]] == [(1, 12), (13, 13)]
    assert len(short) == 10
    more = chain_of(*(entry(candidate=f"d{each}") for each in range(11)), after=tuple(short))
    assert folded(more, most=20, to=10)[0].what.counts == {"verdict": {"pass": 23}}


@given(st.lists(st.sampled_from(["pass", "fail", "inconclusive"]), max_size=60), st.integers(2, 12))
def test_a_folded_chain_holds_and_counts_each_entry_once(verdicts, to: int) -> None:
    """However it is folded, and with what."""
    short = folded(chain_of(*map(entry, verdicts)), most=12, to=to)
    assert list(breaks(short)) == []
    assert len(short) <= 12
    counts = [sum(each.what.counts["verdict"].values()) if isinstance(each.what, Fold) else 1 for each in short]
    assert sum(counts) == len(verdicts)


def test_how_two_chains_stand_to_each_other() -> None:
    """One that has more has all of the other's; folded or not."""
    whole = chain_of(*FLAPPING)
    other = chain_of(entry("error"))
    short = folded(whole, most=20, to=10)
    assert [relation(one, whole) for one in (whole, whole[:9], [], short, other)] == [
        "same", "behind", "behind", "same", "apart",
    ]  # fmt: skip
    assert [relation(one, short) for one in (whole[:9], whole)] == ["behind", "same"]
    assert relation(whole, whole[:9]) == "ahead"


def test_a_chain_is_completed_by_a_longer_one() -> None:
    """By what it lacks; by the whole of one whose folds reach into it."""
    whole = chain_of(*FLAPPING)
    short = folded(whole, most=20, to=10)
    assert joined(whole[:9], whole) == whole
    assert joined(whole[:9], short) == short
    assert joined([], short) == short
    assert joined(whole[:2], short) == short


def test_an_entry_has_a_bound_and_says_how_many_checks_it_does_not_list() -> None:
    """Failed ones come first."""
    checks = [replace(CHECK, metric=f"heads.{each}.disagreement.rate") for each in range(10_000)]
    checks[5_000] = replace(CHECK, metric="heads.5000.disagreement.rate", verdict="fail")
    found = entry_of(replace(JUDGEMENT, checks=checks, reason="x" * 50_000), "recorded", "me@host", "")
    (link,) = chain_of(replace(found, because="…" * 1_000))
    assert len(link.data) <= MAX_ENTRY_BYTES
    assert found.checks[0].verdict == "fail"
    assert len(found.checks) + found.checks_not_listed == 10_000


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"link":"entry"}', b'{"link":"other"}', b"\xff"])
def test_what_is_no_link_is_refused(data: bytes) -> None:
    """In words, and not with whatever went wrong inside."""
    with pytest.raises(UnreadableLink):
        Link.of(data)


def test_a_link_of_a_later_release_keeps_its_hash() -> None:
    """What it says more is not lost, and does not count as tampered with."""
    (link,) = chain_of(entry())
    later = msgspec.json.encode({**msgspec.json.decode(link.data), "more": 1}, order="deterministic")
    assert Link.of(later).ends_with == hashlib.sha256(later).hexdigest()


def test_a_fold_that_tells_other_verdicts_stands_apart_from_the_entries() -> None:
    """Its hashes are true, and so are its numbers; the entries that it stands for are still in the other copy."""
    whole = chain_of(*FLAPPING[:8])
    short = folded(whole, most=4, to=3)
    at, fold = next((at, each.what) for at, each in enumerate(short) if isinstance(each.what, Fold))
    forged = replace(fold, counts={"verdict": {"pass": sum(fold.counts["verdict"].values())}})
    tampered = [*short[:at], Link.of(msgspec.json.encode(forged)), *short[at + 1 :]]
    assert list(breaks(tampered)) == []
    assert relation(short, whole) == relation(whole, short) == "same"
    assert relation(tampered, whole) == relation(whole, tampered) == "apart"
