"""TorchServe's handlers, as pytorch/serve 0.x writes them (ts/torch_handler: image_classifier.py, text_classifier.py),
answers of BentoML 1.x that are a str, and newline-delimited JSON of any server.
"""

import json

import pytest

from comparators.errors import Unreadable
from comparators.extract import document, plain_text
from comparators.extract.detect import detect
from comparators.extract.output import Column, Document, Text, Texts
from comparators.extract.torchserve import REST, read
from comparators.plans.inference import infer
from comparators.settings import CompareSettings, HeadSettings
from tests.comparators.extract.fuzzing import never_breaks
from tests.comparators.made import answer, compared, pair

TOP = b'{\n  "tabby": 0.4,\n  "tiger_cat": 0.3,\n  "Egyptian_cat": 0.1,\n  "lynx": 0.05,\n  "plastic_bag": 0.01\n}'
ALL = b'{"World": 0.25, "Sports": 0.75}'
JSON = ((b"content-type", b"application/json"),)


def test_the_best_classes_are_probabilities_by_label():
    """image_classifier: the best five, and all others together."""
    (column,) = read(TOP).heads.values()
    assert isinstance(column, Column)
    (row,) = column.values
    assert list(row) == ["tabby", "tiger_cat", "Egyptian_cat", "lynx", "plastic_bag", REST]
    assert row[REST] == pytest.approx(0.14)
    other = Column([dict(sorted(row.items(), key=lambda each: (each[0] == "tabby", -each[1])))])
    assert infer([column, Column([{"lynx": 0.5, "tabby": 0.3, "a": 0.1, "b": 0.05, "c": 0.02, REST: 0.03}])]) == (
        "probabilities"
    )
    assert infer([column]) == infer([column, column]) == infer([column, other]) == "json"


def test_a_map_in_the_order_of_the_model_is_json_unless_settings_say_more():
    """text_classifier's, and any object of numbers that come to 1."""
    assert read(ALL).heads == {"": Document({"World": 0.25, "Sports": 0.75}, plain=True)}
    pairs = [pair(answer(ALL), answer({"World": 0.3, "Sports": 0.7}), target="/predictions/news")]
    settings = CompareSettings(heads=(HeadSettings(pointer="", kind="probabilities"),))
    assert [compared(pairs, each)[0].rows_disagreeing for each in (None, settings)] == [1, 0]


@pytest.mark.parametrize(
    ("target", "body", "protocol"),
    [
        ("/predictions/cats", TOP, "torchserve"),
        ("/predictions/cats/2.0", b'{"cat": 0.75, "dog": 0.25}', "torchserve"),
        ("/predictions/news/2.0", ALL, "json"),
        ("/predictions/late", b'{"delay": 0.2, "risk": 0.4}', "json"),
        ("/predictions/late", b'{"risk": 0.4, "delay": 0.2}', "json"),
        ("/predictions/late", b'{"delay": 12.5}', "json_number"),
        ("/users/7/predictions/news", ALL, "json"),
    ],
)
def test_the_path_and_the_body_together_tell_it(target, body, protocol):
    """Numbers of another handler, in no order of size, are scores of their own."""
    assert detect("POST", target, JSON, body).protocol == protocol


def test_another_best_class_disagrees_and_another_order_of_the_rest_does_not():
    """As probabilities are judged: by the best class, and by which classes there are."""
    own = answer({"a": 0.5, "b": 0.25, "c": 0.125, "d": 0.0625, "e": 0.03})
    others = [
        answer({"a": 0.5, "c": 0.25, "b": 0.125, "d": 0.0625, "e": 0.03}),
        answer({"a": 0.5, "b": 0.25, "c": 0.125, "d": 0.0625, "f": 0.03}),
        answer({"b": 0.5, "a": 0.25, "c": 0.125, "d": 0.0625, "e": 0.03}),
    ]
    both = [(others[2], others[2]), *((own, other) for other in others)]
    found = compared([pair(*each, target="/predictions/cats") for each in both], CompareSettings())
    assert [each.rows_disagreeing for each in found] == [0, 0, 1, 1]


def test_what_another_handler_answers_later_is_still_json():
    """The plan is for all answers of the path."""
    assert read(b'[{"car": [1, 2, 3, 4], "score": 0.9}]').heads == {
        "": Document([{"car": [1, 2, 3, 4], "score": 0.9}], plain=True)
    }


def test_a_text_is_a_text():
    """With the mark and the line ends of whatever wrote it."""
    assert plain_text.read("\ufeffcaf\u00e9\r\n".encode()).heads == {"": Texts([Text("caf\u00e9\n")])}
    with pytest.raises(Unreadable, match="UTF-8"):
        plain_text.read(b"caf\xe9")


def test_lines_are_documents():
    """An empty line says nothing; no line at all is no answer."""
    assert document.read_lines(b'{"a":1}\n\n{"b":2}\r\n').heads == {"": Document([{"a": 1}, {"b": 2}], plain=True)}
    for data in (b"", b"\n", b'{"a":1}\n{"b":'):
        with pytest.raises(Unreadable):
            document.read_lines(data)


@pytest.mark.parametrize(
    ("reader", "body"), [(read, TOP), (plain_text.read, b"text"), (document.read_lines, b'{"a":1}\n{"a":2}\n')]
)
def test_whatever_comes_is_read_or_unreadable(reader, body):
    """No other exception, for any bytes."""
    never_breaks(reader, body, examples=60)


def test_what_the_handlers_of_today_write_is_read() -> None:
    """pytorch/serve, ts/torch_handler: object_detector.py at 9c13958 (a box by its label, and a score); and bare lists,
    for which no source was read.
    """
    boxes = json.dumps([{"person": [167.4, 57.0, 301.3, 436.7], "score": 0.9}], indent=2).encode()
    (value,) = read(boxes).heads.values()
    assert value == Document([{"person": [167.4, 57.0, 301.3, 436.7], "score": 0.9}], plain=True)
    assert read(b"[]").heads == {"": Document([], plain=True)}
    assert read(b"2").heads == {"": Document(2, plain=True)}


def test_what_bentoml_writes_is_read() -> None:
    """bentoml/BentoML, src/_bentoml_sdk/io_models.py at 05124a3 (to_http_response): a str as it is, under text/plain; a
    stream of them likewise; everything else as JSON.
    """
    text, headers = b"A short text.", ((b"content-type", b"text/plain; charset=utf-8"),)
    assert detect("POST", "/summarize", headers, text).protocol == "text"
    assert plain_text.read(text).heads == {"": Texts([Text("A short text.")])}
    assert detect("POST", "/classify", JSON, b"[1,2]").protocol == "json_outputs"


@pytest.mark.parametrize(
    ("content_type", "body", "protocol"),
    [
        (b"application/x-ndjson", b'{"model":"m","response":"a","done":false}\n' * 2, "json_lines"),
        (b"application/json; charset=utf-8", b'{"model":"m","response":"a","done":true,"done_reason":"stop"}', "json"),
    ],
)
def test_what_ollama_writes_is_json_or_lines_of_it(content_type: bytes, body: bytes, protocol: str) -> None:
    """ollama/ollama, api/types.go at b8761ab (GenerateResponse): it has no reader of its own."""
    assert detect("POST", "/api/generate", ((b"content-type", content_type),), body).protocol == protocol
