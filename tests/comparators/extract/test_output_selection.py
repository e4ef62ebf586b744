"""Outputs that settings choose, on answers as TorchServe's handlers (docs/inference_api.md, ts/torch_handler) and
BentoML's services write them.
"""

import pytest

from comparators.errors import Unreadable
from comparators.extract.output import Column, Tensor
from comparators.extract.output_selection import check, reader
from comparators.settings import ReadingSettings
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks

# TorchServe: image_classifier, text_classifier, object_detector, a handler of one's own, a batch in KServe's form.
IMAGE = b'{\n  "tiger_cat": 0.4693354964256,\n  "tabby": 0.4633878469467163\n}'
TEXT = b'{\n  "World": 0.0137,\n  "Sports": 0.9863\n}'
OBJECTS = b'[{"person": [167.4, 57.0, 301.3, 436.7], "score": 0.99}, {"car": [89.6, 64.8, 191.4, 446.6],"score": 0.98}]'
CLASS = b'{"class":"n02123045 tabby, tabby cat","probability":0.42514491081237793}'
BATCH = b'{"predictions":[{"label":"a","p":[0.9,0.1],"meta":{"v":"7"}},{"label":"b","p":[0.2,0.8]}]}'
TORCHSERVE_ERROR = b'{"code": 503, "type": "InternalServerException", "message": "Prediction failed"}'
# BentoML: the bare value that a service returns.
NUMBER = b"1.1"
VECTORS = b"[[0.25, 0.5], [0.75, 1.0]]"
SUMMARY = b'{"result": {"score": 3, "text": "Breaking news"}, "model": {"tag": "late:x3b", "build": 12}}'
BENTOML_ERROR = b'[{"error": "Service unavailable"}]'


def chosen(version: str = "", **outputs: str) -> ReadingSettings:
    return ReadingSettings(path="*", outputs=outputs, version=version)


@pytest.mark.parametrize(
    ("data", "expression", "value"),
    [
        (IMAGE, "", Column([{"tiger_cat": 0.4693354964256, "tabby": 0.4633878469467163}])),
        (IMAGE, "tiger_cat", Tensor("FP64", (), [0.4693354964256])),
        (TEXT, "@", Column([{"World": 0.0137, "Sports": 0.9863}])),
        (OBJECTS, "/*/score", Tensor("FP64", (2,), [0.99, 0.98])),
        (OBJECTS, "[].score", Tensor("FP64", (2,), [0.99, 0.98])),
        (OBJECTS, "/*/car", Column([None, [89.6, 64.8, 191.4, 446.6]])),
        (OBJECTS, "[].car", Tensor("FP64", (1, 4), [89.6, 64.8, 191.4, 446.6])),
        (CLASS, "/class", Tensor("BYTES", (), ["n02123045 tabby, tabby cat"])),
        (CLASS, "[class]", Tensor("BYTES", (1,), ["n02123045 tabby, tabby cat"])),
        (BATCH, "/predictions/*/p", Tensor("FP64", (2, 2), [0.9, 0.1, 0.2, 0.8])),
        (BATCH, "/predictions/1/label", Tensor("BYTES", (), ["b"])),
        (BATCH, "predictions[?label=='b'].p | [0]", Tensor("FP64", (2,), [0.2, 0.8])),
        (BATCH, "predictions[].{l: label}", Column([{"l": "a"}, {"l": "b"}])),
        (BATCH, "predictions[].p[0]", Tensor("FP64", (2,), [0.9, 0.2])),
        (BATCH, "sum(predictions[].p[])", Tensor("FP64", (), [2.0])),
        (BATCH, "join(', ', predictions[*].label)", Tensor("BYTES", (), ["a, b"])),
        (BATCH, "predictions[-1:].label", Tensor("BYTES", (1,), ["b"])),
        (NUMBER, "@", Tensor("FP64", (), [1.1])),
        (VECTORS, "", Tensor("FP64", (2, 2), [0.25, 0.5, 0.75, 1.0])),
        (VECTORS, "/0", Tensor("FP64", (2,), [0.25, 0.5])),
        (SUMMARY, "/result/text", Tensor("BYTES", (), ["Breaking news"])),
        (SUMMARY, "result.*", Column([3, "Breaking news"])),
        (b'{"a/b": {"m~n": [1]}}', "/a~1b/m~0n", Tensor("INT64", (1,), [1])),
        (b'{"": 1}', "/", Tensor("INT64", (), [1])),
        (b'{"scores": [null]}', "/scores", Tensor("FP64", (1,), [None])),
        (b'{"hits": []}', "hits[].{id: id}", Column([])),
    ],
)
def test_an_output_is_what_its_pointer_or_expression_finds(data, expression, value):
    """Whatever its form; objects are not split, since the settings say what is an output."""
    assert reader(chosen(out=expression))(data).heads == {"/out": value}


def test_outputs_are_named_by_the_settings():
    """Escaped as tokens of a pointer."""
    settings = ReadingSettings(path="*", outputs={"top/one": "/class", "p": "probability"})
    assert [*reader(settings)(CLASS).heads] == ["/top~1one", "/p"]


def test_an_absent_output_is_not_among_the_heads():
    """Nor is null."""
    read = reader(chosen(label="/class", other="/other", none="nothing[0]", null="/null"))
    assert [*read(b'{"class": "late", "null": null}').heads] == ["/label"]


@pytest.mark.parametrize(
    ("expression", "version"),
    [
        ("/model/tag", "late:x3b"),
        ("model.tag", "late:x3b"),
        ("/model/build", "12"),
        ("/model", ""),
        ("/nothing", ""),
        ("result.score > `1`", ""),
        ("sum(model)", ""),
        ("", ""),
    ],
)
def test_a_version_is_text_or_a_whole_number(expression, version):
    """Anything else tells nothing, and spoils nothing."""
    assert reader(chosen(version=expression, text="/result/text"))(SUMMARY).version == version


@pytest.mark.parametrize(
    ("data", "expression", "why"),
    [
        (b"tabby", "@", "not JSON"),
        (CLASS, "/score", "none of the chosen outputs"),
        (CLASS, "/class/0/x", "none of the chosen outputs"),
        (VECTORS, "/00", "none of the chosen outputs"),
        (VECTORS, "/2", "none of the chosen outputs"),
        (VECTORS, "/-", "none of the chosen outputs"),
        (OBJECTS, "/*/bike", "none of the chosen outputs"),
        (OBJECTS, "[].bike | [0]", "none of the chosen outputs"),
        (TORCHSERVE_ERROR, "/predictions", "none of the chosen outputs"),
        (TORCHSERVE_ERROR, "[label, score]", "none of the chosen outputs"),
        (b'[{"other": 1}]', "[].[label, {a: a}]", "none of the chosen outputs"),
        (BENTOML_ERROR, "/score", "error message"),
        (b'{"error": "oh"}', "length(@)", "error message"),
        (b'{"error": "oh"}', "{a: label, b: `1`}", "error message"),
        (b'{"a": "text"}', "sum(a)", "output 'out' cannot be evaluated: JMESPathTypeError"),
        (b'{"a": [NaN]}', "ceil(a[0])", "output 'out' cannot be evaluated: ValueError"),
        (b'{"a": [Infinity]}', "floor(a[0])", "output 'out' cannot be evaluated: OverflowError"),
        (b'{"a": "secret"}', "contains(a, `1`)", "output 'out' cannot be evaluated: TypeError"),
    ],
)
def test_an_answer_without_any_output_says_why(data, expression, why):
    """An error's text is the answer's, and is not quoted. Without this, two errors would agree for want of outputs."""
    with pytest.raises(Unreadable, match=why) as caught:
        reader(chosen(out=expression))(data)
    assert "secret" not in str(caught.value)


def test_an_output_may_be_called_error():
    """Where it is chosen and found it is an output, such as a reconstruction error."""
    assert [*reader(chosen(e="/error"))(b'{"error": [0.5]}').heads] == ["/e"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (chosen(price="items["), "output 'price': .*no JMESPath expression"),
        (chosen(price="items.#"), "output 'price': .*no JMESPath expression"),
        (chosen(price="/a~2b"), "output 'price': '/a~2b': no JSON pointer"),
        (chosen(price="/a" * 60), "output 'price': .*more than 50 steps"),
        (chosen(price="a" * 1_001), "output 'price': .*1,000 characters"),
        (chosen(price="nothing(a)"), r"output 'price': .*no function nothing\(\)"),
        (chosen(version="a || nothing(a)", price="a"), r"version: .*no function nothing\(\)"),
        (ReadingSettings(path="*", outputs={"": "a"}), "output ''"),
        (ReadingSettings(path="*", outputs={"a\n": "a"}), "output"),
        (ReadingSettings(path="/x", protocol="chosen"), "'/x': protocol 'chosen' needs outputs"),
    ],
)
def test_what_cannot_be_read_is_refused_at_start(settings, why):
    """By name of the output."""
    with pytest.raises(ValueError, match=why):
        check(settings)


def test_good_settings_are_not_refused():
    """Of any protocol."""
    check(chosen(a="/a/*/b", b="max_by(items, &score).id", version="meta.version"))
    check(ReadingSettings(path="*", protocol="oip_v2"))


READERS = [
    reader(chosen(whole="", version="/model/tag")),
    reader(chosen(p="/predictions/*/p", deep="/*/*/0", at="", version="/predictions/0/meta/v")),
    reader(chosen(p="predictions[].p | [0]", flat="[][]", whole="@", every="*.* | [?@ > `0`]", version="model.tag")),
    reader(
        chosen(
            whole="@",
            made="{l: predictions[].label, n: length(@)}",
            text="to_string(@)",
            high="max_by(predictions, &p[0]).label",
            some="not_null(predictions[?p == model].p | [0], result)",
            version="to_string(model)",
        )
    ),
]


@pytest.mark.parametrize("read", READERS)
def test_whatever_comes_is_read_or_unreadable(read):
    """No other exception, for any bytes, whatever was chosen."""
    never_breaks(read, BATCH)


@long
@pytest.mark.parametrize("read", READERS)
def test_whatever_comes_for_long(read):
    """UNDERSTUDY_FUZZ_S seconds each."""
    holds_for_long(read, BATCH, SUMMARY)
