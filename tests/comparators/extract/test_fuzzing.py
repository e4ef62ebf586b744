"""That hostile bodies find what is wrong with an extractor: each of these readers has one fault."""

from collections.abc import Callable
from typing import Any

import pytest

from comparators.errors import Unreadable
from comparators.extract.document import parsed
from comparators.extract.output import Reading, Tensor
from tests.comparators.extract.fuzzing import holds, never_breaks

VALUE = Tensor("INT64", (), [1])
GOOD = b'{"outputs":[{"name":"a","data":[1,2]}]}'


def reader(body: Callable[[Any], Reading]) -> Callable[[bytes], Reading]:
    return lambda data: body(parsed(data))


def outputs(body: Any) -> list[Any]:
    if not isinstance(body, dict) or not isinstance(body.get("outputs"), list):
        raise Unreadable("no outputs")
    return body["outputs"]


def test_a_sound_reader_passes():
    """Also where it refuses nearly everything."""
    never_breaks(reader(lambda body: Reading({"": Tensor("INT64", (), [len(outputs(body))])})), GOOD)


@pytest.mark.parametrize(
    ("faulty", "raised"),
    [
        (lambda body: Reading({"": Tensor("INT64", (1,), [len(body["outputs"])])}), (KeyError, TypeError)),
        (lambda body: Reading({f"/{each['name']}": VALUE for each in outputs(body)}), (LookupError, TypeError)),
        (lambda body: Reading({"": Tensor("INT64", (len(outputs(body)),), [1])}), AssertionError),
        (lambda body: Reading({"": Tensor("INT64", (1,), [sum(outputs(body)[0]["data"])])}), (LookupError, TypeError)),
    ],
)  # fmt: skip
def test_a_faulty_reader_is_found(faulty, raised):
    """A missing key, an unexpected type, a shape that lies, a value that is taken for granted."""
    with pytest.raises(raised):
        never_breaks(reader(faulty), GOOD)


def quoting(data: bytes) -> Reading:
    raise Unreadable(f"it is not JSON: {data!r}")


def splitting(data: bytes) -> Reading:
    return Reading({f"/{number}": Tensor("INT64", (), [number]) for number in range(len(data))})


@pytest.mark.parametrize(("faulty", "data"), [(quoting, b"x" * 1_000), (splitting, b"x" * 10_000), (splitting, b"")])
def test_a_reader_without_bounds_is_found(faulty, data):
    """A reason that quotes the answer, outputs without end, and none."""
    with pytest.raises(AssertionError):
        holds(faulty, data)
