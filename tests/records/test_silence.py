"""Since when a candidate does not answer: what mirror workers say together, and how it is kept."""

import pytest

from records.silence import Silence, Word, encoded, together
from records.store.control import Control
from records.store.store import Store


def silent(since_ns: int, last_ns: int, calls: int = 3, why: str = "connect: refused") -> bytes:
    return encoded(Word(silence=Silence(since_ns=since_ns, last_ns=last_ns, calls=calls, why=why)))


def answered(at_ns: int) -> bytes:
    return encoded(Word(answered_ns=at_ns))


ANSWERED = answered(15)


def test_it_is_silent_where_nobody_was_answered() -> None:
    """Since the first failure of any, with all their calls and the newest reason."""
    both = together([silent(20, 30, 4, "timeout"), silent(10, 25, 5, "connect: refused")])
    assert both == Silence(since_ns=10, last_ns=30, calls=9, why="timeout")


def test_one_answer_is_no_silence_and_neither_is_no_word() -> None:
    """What another release says is passed over."""
    assert together([silent(10, 20), ANSWERED]) is None
    assert together([]) is None
    assert together([encoded(Word())]) is None
    assert together([b"nonsense", silent(10, 20)]) == together([silent(10, 20)])


@pytest.mark.parametrize(
    ("words", "since"),
    [
        ([silent(10, 20), answered(9)], 10),
        ([silent(10, 20), answered(10)], None),
        ([silent(10, 20), answered(30)], None),
        ([silent(10, 20), silent(40, 50), answered(30)], 40),
        ([encoded(Word(silence=Silence(since_ns=10, last_ns=20, calls=3, why=""), answered_ns=5))], 10),
    ],
    ids=["before the row", "as it began", "after it", "between two rows", "its own"],
)
def test_an_answer_breaks_the_rows_that_began_no_later(words: list[bytes], since: int | None) -> None:
    """Of other workers, too: an old answer does not hide that the candidate has died since."""
    silence = together(words)
    assert (silence and silence.since_ns) == since


async def test_a_worker_that_says_no_more_is_forgotten_when_another_speaks(store: Store) -> None:
    """Until then its last word holds: it is all that is known."""
    control: Control = store.control
    await control.tell("root", "new", "m1", silent(10, 20), silent_s=60)
    await control.tell("root", "new", "m2", ANSWERED, silent_s=60)
    assert sorted(await control.words("root", "new")) == sorted([silent(10, 20), ANSWERED])
    await control.tell("root", "new", "m2", b"", silent_s=60)
    assert await control.words("root", "new") == [silent(10, 20)]
    assert await control.words("root", "other") == []
    await control.tell("root", "new", "m2", ANSWERED, silent_s=-1)
    assert await control.words("root", "new") == []
