"""What is new in every answer is named, and what a model says never is."""

import itertools
import random
import uuid

import pytest

from comparators.compare.elements import FREE
from comparators.compare.volatile import MAX_LOOKED_AT, MAX_PATHS, VolatilePaths, rest_of, volatile

N = 400


def sums_of(pairs, path="/it"):
    sums = VolatilePaths()
    for production, candidate in pairs:
        sums.see([(path, production, candidate)])
    return sums


def found(pairs, path="/it", compared=None):
    pairs = list(pairs)
    return volatile(sums_of(pairs, path), len(pairs) if compared is None else compared)


def ids(chance):
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def clock(hour, i):
    return f"2026-11-26T{hour}:{i // 60:02}:{i % 60:02}.5Z"


CHANCE = random.Random(7)
S, NS = 1_790_000_000, 10**9
ALWAYS_NEW = {
    "UUIDs": (lambda i: (ids(CHANCE), ids(CHANCE)), "/id", ("both", "id")),
    "tokens with a prefix": (lambda i: (f"cmpl-{i:012x}0", f"cmpl-{i + N:012x}0"), "/id", ("both", "id")),
    "counters of six digits": (lambda i: (str(100_000 + i), str(900_000 + i)), "/n", ("both", "id")),
    "RFC 3339 times": (lambda i: (clock(10, i), clock(11, i + i % 9)), "/at", ("both", "time")),
    "Unix times in s": (lambda i: (S + i, S + 500 + i + i % 9), "/created", ("both", "time")),
    "Unix times in ns": (lambda i: ((S + i) * NS + 7, (S + 900 + i) * NS + i % 9 * NS // 8), "/t", ("both", "time")),
    "durations, by their name": (lambda i: (CHANCE.random(), CHANCE.random()), "/meta/tookMs", ("both", "duration")),
    "an id of the candidate alone": (lambda i: ("none", ids(CHANCE)), "/id", ("candidate", "id")),
    "an id of production alone": (lambda i: (ids(CHANCE), "none"), "/id", ("production", "id")),
}  # fmt: skip


@pytest.mark.parametrize("case", ALWAYS_NEW)
def test_ids_times_and_durations_are_named(case: str) -> None:
    """What no answer repeats, and looks like an id, a time or a duration, is volatile, on the side where it is new."""
    of, path, (side, what) = ALWAYS_NEW[case]
    assert found(map(of, range(N)), path) == [(path, side, what)]


OF_THE_MODEL = {
    "scores, new in each answer": [(CHANCE.random(), CHANCE.random()) for _ in range(N)],
    "words": [(CHANCE.choice(["late", "early"]), CHANCE.choice(["on time", "late"])) for _ in range(N)],
    "texts": [(f"It was the {i}th of these.", f"This is number {i}!") for i in range(N)],
    "the same id in every answer": [("0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7")]
    * N,
    "one of 150 ids": [(f"user-{CHANCE.randrange(150):012}", f"user-{CHANCE.randrange(150):012}") for _ in range(N)],
    "a duration that is twice production's": [(each, 2 * each) for each in (CHANCE.random() for _ in range(N))],
    "a duration that is half a second more": [(each, each + 0.5) for each in (CHANCE.random() for _ in range(N))],
    "Unix times that are an hour late": [(S + 7 * i, S + 7 * i + 3600) for i in range(N)],
    "times that are an hour late": [(clock(10, i), clock(11, i)) for i in range(N)],
    "a year": [(2000 + i % 20, 2001 + i % 20) for i in range(N)],
    "one of a few times": [(f"2026-11-26T{i % 24:02}:00:00Z", f"2026-11-27T{i % 24:02}:00:00Z") for i in range(N)],
}


@pytest.mark.parametrize("case", OF_THE_MODEL)
def test_what_a_model_says_is_not_volatile(case: str) -> None:
    """A score that is new in each answer, a word, and an id that comes again say something."""
    assert (
        found(OF_THE_MODEL[case], "/duration_class" if case == "words" else "/elapsed" if "that" in case else "/it")
        == []
    )


def test_few_pairs_and_rare_differences_tell_nothing() -> None:
    """It takes thirty pairs, and a difference in nearly all of them."""
    pairs = [(ids(CHANCE), ids(CHANCE)) for _ in range(N)]
    assert found(pairs[:29]) == []
    assert found(pairs[:30]) != []
    assert found(pairs, compared=2 * N) == []


def test_a_document_as_a_whole_is_never_volatile() -> None:
    """Ignoring all of an answer leaves nothing to compare."""
    assert found(((ids(CHANCE), ids(CHANCE)) for _ in range(N)), "") == []


def test_merged_parts_are_the_whole_to_the_bit() -> None:
    """In whichever order and grouping pairs come, and however many paths there are, the same is kept."""
    chance = random.Random(3)
    parts = [
        [(f"/p{chance.randrange(60)}", ids(chance), ids(chance)) for _ in range(chance.randrange(1, 60))]
        for _ in range(12)
    ]
    whole = VolatilePaths()
    for value in itertools.chain.from_iterable(parts):
        whole.see([value])
    merged = VolatilePaths()
    for part in chance.sample(parts, len(parts)):
        own = VolatilePaths()
        for value in part:
            own.see([value])
        merged.merge(own)
    assert merged == whole
    assert len(whole.kept) == MAX_PATHS


def test_repeated_values_are_told_from_new_ones_by_measured_rates() -> None:
    """Of streams of new ids at most one in 100 is missed, of 300 values out of 75 at most one in 100 is named."""
    chance = random.Random(11)
    new = sum(not found((f"{chance.getrandbits(60):016x}0", "x") for _ in range(300)) for _ in range(1_000))
    twice = sum(
        bool(
            found(
                (f"{value:016x}0", "x") for value in chance.choices([chance.getrandbits(60) for _ in range(75)], k=300)
            )
        )
        for _ in range(1_000)
    )
    assert new <= 10
    assert twice <= 10


@pytest.mark.parametrize(
    ("document", "other"),
    [
        ({"id": "a", "score": 1}, {"id": "a", "score": 2}),
        ({"items": [{"id": "a"}, {"id": "b"}]}, {"items": [{"id": "a"}, {"id": "c"}]}),
        ({"items": [], "id": "a"}, {"items": [0], "id": "a"}),
        ("a", "b"),
        ({"deep": {str(key): key for key in range(MAX_LOOKED_AT - 2)}}, {"deep": {}}),
    ],
)
def test_what_is_left_of_an_answer_has_a_bucket_of_its_own(document, other) -> None:
    """Another one where it is another, as far as buckets tell."""
    assert rest_of(document, FREE, "", []) != rest_of(other, FREE, "", [])


def test_what_differs_is_left_out_of_what_is_left() -> None:
    """An id is; a score, and the same text elsewhere, are not."""

    def rest(*documents):
        own, other = documents
        return rest_of(
            own, FREE, "", [(f"/{name}", own[name], other[name]) for name in own if own[name] != other[name]]
        )

    ids_of = [f"{n:012x}0" for n in range(9)]
    assert len({rest({"id": each, "it": "x"}, {"id": "other", "it": "x"}) for each in ids_of}) == 1
    assert len({rest({"id": each, "it": each}, {"id": "other", "it": each}) for each in ids_of}) > 1
    assert len({rest({"it": each}, {"it": 0.5}) for each in range(1, 9)}) > 1
