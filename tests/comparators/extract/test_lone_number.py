"""A number that is all of an answer is what the model says, whatever its name."""

import pytest

from comparators.extract import lone_number
from comparators.extract.output import Column, Document, Tensor


@pytest.mark.parametrize(
    ("data", "outputs"),
    [
        (b'{"price": 12.5}', {"/price"}),
        (b'{"price": 12}', {"/price"}),  # as Go writes 12.0: the plan was decided by others
        (b'{"price": null}', {"/price"}),
        (b'[{"price": 12.5}, {"price": 13}]', {"/*/price"}),
        (b'{"a/b": 1.5}', {"/a~1b"}),
        (b'{"price": 12.5, "currency": "USD"}', {""}),
        (b'{"price": "12.5"}', {""}),
        (b'{"request_id": 12.5}', {""}),
        (b'[{"price": 12.5}, {"cost": 13}]', {""}),
        (b'{"error": 1.5}', {""}),
        (b'{"score": 0.5, "model": "m"}', {"/score", ""}),
        (b"[]", {""}),
    ],
)
def test_which_outputs_an_answer_has(data, outputs):
    """Anything else is read as other JSON is."""
    assert lone_number.read(data).heads.keys() == outputs


def test_each_of_several_is_a_row():
    """In their order; what has no number is missing."""
    read = lone_number.read(b'[{"price": 12.5}, {"price": null}, {"price": 14}]').heads["/*/price"]
    assert isinstance(read, Tensor | Column)
    assert len(list(read.values)) == 3


def test_ids_and_times_stay_documents():
    """They tell answers apart, and no model says them."""
    for name in ("id", "order_id", "timestamp", "elapsed", "took_ms", "created_at"):
        read = lone_number.read(f'{{"{name}": 1.5}}'.encode())
        assert isinstance(read.heads[""], Document), name
