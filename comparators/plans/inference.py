"""Which kind of output a head is, told from production's first answers. Pure; the plan freezes what this says.

Rules from the particular to the general, each readable on its own; what fits none is compared as JSON. A kind holds
where nearly all values fit it (nearly_all.py). Values that do not fit it are compared by equality and counted as unfit,
and once they are common the plan is decided anew (fitness.py). What rows of several numbers say is in vectors.py.
"""

import math
from collections.abc import Callable, Sequence
from itertools import chain, islice, pairwise
from typing import Any

from comparators.compare.class_vectors import is_table
from comparators.compare.detections import is_plausible, is_told_whole
from comparators.compare.rows import as_rows
from comparators.compare.text_numbers import has_point, number_of
from comparators.extract.names import (
    EMBEDDING_NAMES,
    ID_NAMES,
    LABEL_NAMES,
    LOGITS_NAMES,
    RANKED_BY,
    RANKING_NAMES,
)
from comparators.extract.output import Column, Document, Raw, Tensor, Texts, Value, rows_of
from comparators.plans.nearly_all import nearly_all, of_one_form
from comparators.plans.vectors import are_log_probabilities, are_named_probabilities, are_probabilities
from comparators.settings import OutputKind

MAX_SAMPLES = 100  # answers looked at
MAX_VALUES = 10_000  # numbers or rows looked at
MAX_NUMBERS = 200_000  # of rows of several, in all
FEW_CLASSES = 50  # so many different values are classes, whatever they are
SOME_NUMBERS = 20
DIFFERENT = 0.9  # share of so many whole numbers: of 200 classes, 30 answers are as different
EMBEDDING_FROM = 64  # numbers a row
LABEL_CHARS = 64
LABEL_WORDS = 5
NO_CHANCE_BOXES = 3

_LISTED = 6  # numbers of a detection: box, score, class


def infer(samples: Sequence[Value], pointer: str = "", *, is_measured: bool = False) -> OutputKind:
    """Of one output in several answers. Those without rows say nothing, unless all are so.

    `is_measured`: settings give this output's numbers a tolerance, or hardly one of them comes again (recurrence.py):
    whole ones are no labels.
    """
    samples = of_one_form([each for each in samples if rows_of(each)] or samples, _form)
    name = _name(pointer)
    if name in RANKING_NAMES and nearly_all(map(_are_rankings, samples)):
        return "ranking"
    if name in EMBEDDING_NAMES and nearly_all(map(_are_embeddings, samples)):
        return "embedding"
    if {type(each) for each in samples} == {Tensor, Column}:
        samples = [each if isinstance(each, Column) else Column(as_rows(each)) for each in samples]
    if not samples or len({type(each) for each in samples}) > 1:
        return "json"
    first = samples[0]
    if isinstance(first, Raw):
        return "bytes"
    if isinstance(first, Texts):
        return "text"
    if isinstance(first, Document):
        return "json"
    if isinstance(first, Tensor):
        return _of_tensors([each for each in samples if isinstance(each, Tensor)], name, is_measured)
    rows = chain.from_iterable(each.values for each in samples if isinstance(each, Column))
    return _of_rows(list(_some(rows)), name, is_measured)


def is_named_label(pointer: str) -> bool:
    return _name(pointer) in LABEL_NAMES


def _name(pointer: str) -> str:
    return pointer.rpartition("/")[2].lower()


def _of_tensors(samples: Sequence[Tensor], name: str, is_measured: bool) -> OutputKind:
    families = {_family(each.datatype) for each in samples}
    is_column = {math.prod(each.shape[1:]) for each in samples} == {1}
    flat = list(_some(chain.from_iterable(map(_plain, samples))))
    if not flat:
        return "json"
    if families == {"text"}:
        return _of_scalars(flat, name, is_measured) if is_column else "json"
    if families == {"bool"}:
        return "label" if is_column else "json"
    if families == {"integer"}:  # several a row: counts, ids, corners, token ids; compared to the unit
        return _of_scalars(flat, name, is_measured) if is_column else "score"
    if families <= {"float", "integer"}:
        is_class = name in LABEL_NAMES and is_column and not is_measured and nearly_all(map(_is_whole, flat))
        return "label" if is_class else _of_numbers(samples, name)
    return "json"


def _of_numbers(samples: Sequence[Tensor], name: str) -> OutputKind:
    vectors = _vectors(samples)
    if are_probabilities(vectors, name):
        return "probabilities"
    if _are_detections(samples):
        return "boxes"
    return "logits" if vectors and (_is_of_logits(name) or are_log_probabilities(vectors)) else "score"


def _are_detections(samples: Sequence[Tensor]) -> bool:
    """Six numbers a box, of one image or of several, and of three boxes at least, which is no chance. Rows of six
    equal numbers are what a list is filled up with.
    """
    if not all(len(each.shape) in (2, 3) and each.shape[-1] == _LISTED for each in samples):
        return False
    listed = chain.from_iterable(map(_images, samples))
    found = [image for image in ([box for box in boxes if len(set(box)) > 1] for boxes in _some(listed)) if image]
    return sum(map(len, found)) >= NO_CHANCE_BOXES and nearly_all(map(_is_listed_detections, found))


def _images(tensor: Tensor) -> list[list[list[Any]]]:
    values, boxes = _plain(tensor), tensor.shape[-2] or 1
    rows = [values[start : start + _LISTED] for start in range(0, len(values) - _LISTED + 1, _LISTED)]
    return [rows[start : start + boxes] for start in range(0, len(rows), boxes)]


def _of_rows(rows: Sequence[Any], name: str, is_measured: bool) -> OutputKind:
    rows = [each for each in rows if each not in ([], {})]  # an empty one fits several kinds
    if are_named_probabilities(rows, name):
        return "probabilities"
    for fits, kind in _ROW_KINDS:
        if nearly_all(map(fits, rows)):
            return kind
    return _of_scalars(rows, name, is_measured) if nearly_all(map(_is_scalar, rows)) else "json"


def _of_scalars(values: Sequence[Any], name: str, is_measured: bool = False) -> OutputKind:
    """Labels; but of many values words of which no two are alike are a text, and numbers a score."""
    known = [each for each in values if each is not None]
    numbers = [each for each in known if type(each) in (int, float)]
    if nearly_all(type(each) in (int, float) for each in known):
        are_counted = name not in LABEL_NAMES and _are_many(numbers)
        return "score" if is_measured or are_counted or not nearly_all(map(_is_whole, numbers)) else "label"
    words = [each for each in known if type(each) is str]
    if words and name not in LABEL_NAMES and _are_numbers(words, is_measured):
        return "score"
    if words and not nearly_all(map(_is_short, words)):
        return "text"
    return "text" if words and FEW_CLASSES < _different(words) == len(words) else "label"


def _are_many(numbers: Sequence[Any]) -> bool:
    """More than a table of classes shows, or so many that hardly one comes again: labels do."""
    different = _different(numbers)
    return different > FEW_CLASSES or (len(numbers) >= SOME_NUMBERS and different >= DIFFERENT * len(numbers))


def _different(scalars: Sequence[Any]) -> int:
    return len({(type(each), each) for each in scalars})


def _are_numbers(words: Sequence[str], is_measured: bool) -> bool:
    """Nearly all, half of them with a point, and so many that hardly one comes again: "1.10" may be a version."""
    numbers = [each for each in words if number_of(each) is not None]
    if not nearly_all(number_of(each) is not None for each in words):
        return False
    return 2 * sum(map(has_point, numbers)) >= len(numbers) and (is_measured or _are_many(numbers))


def _is_short(word: str) -> bool:
    return len(word) <= LABEL_CHARS and len(word.split()) <= LABEL_WORDS


def _is_whole(number: Any) -> bool:
    return type(number) is int or (type(number) is float and number.is_integer())


def _is_of_logits(name: str) -> bool:
    return name in LOGITS_NAMES or name.endswith("_logits")


def _is_detections(row: Any) -> bool:
    """Objects with a box, and with nothing that comparing boxes would leave out (a mask, a track's id)."""
    return isinstance(row, list) and all(isinstance(each, dict) and is_told_whole(each) for each in row)


def _is_listed_detections(row: Any) -> bool:
    """Lists of the six numbers of a detection, the best first, as what suppresses overlaps leaves them."""
    if not isinstance(row, list) or not all(isinstance(each, list) and is_plausible(each) for each in row):
        return False
    return all(before[4] >= after[4] for before, after in pairwise(row))


def _is_scored_ranking(row: Any) -> bool:
    """Objects with an id, a score and nothing else, none of them twice."""
    return isinstance(row, list) and all(map(_is_scored, row)) and _are_distinct(row)


def _is_scored(each: Any) -> bool:
    is_pair = isinstance(each, dict) and len(each) == 2  # anything else, such as a price, would be left out
    return is_pair and any(type(each.get(key)) in (int, float) for key in RANKED_BY)


def _are_rankings(sample: Value) -> bool:
    """Lists of items, by row; of one dimension it is one list."""
    if not isinstance(sample, Tensor | Column):
        return False
    rows = as_rows(sample)
    return all(map(_are_distinct, rows if all(isinstance(row, list) for row in rows) else [rows]))


def _are_distinct(row: Sequence[Any]) -> bool:
    """Words, whole numbers, or objects with an id, none of them twice."""
    items = [_id(each) if isinstance(each, dict) else each for each in row]
    are_ids = all(isinstance(each, str | int) and not isinstance(each, bool) for each in items)
    return are_ids and len(set(items)) == len(items)


def _id(item: dict[str, Any]) -> Any:
    return next((item[name] for name in (*ID_NAMES, "label") if name in item), None)


def _are_embeddings(sample: Value) -> bool:
    """One a row, or a value of one dimension that is one."""
    if isinstance(sample, Tensor):
        shape = sample.shape
        return _family(sample.datatype) == "float" and len(shape) in (1, 2) and shape[-1] >= EMBEDDING_FROM
    return isinstance(sample, Column) and all(map(_is_embedding, sample.values))


def _is_embedding(row: Any) -> bool:
    return isinstance(row, list) and len(row) >= EMBEDDING_FROM and all(isinstance(each, float) for each in row)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


# In this order: what is a detection may be a ranking, too.
_ROW_KINDS: tuple[tuple[Callable[[Any], bool], OutputKind], ...] = (
    (_is_detections, "boxes"),
    (_is_scored_ranking, "ranking"),
)


def _vectors(samples: Sequence[Tensor]) -> list[list[Any]]:
    """The rows of tables of several columns. Values of one dimension and one length are a row each, as a server without
    batches answers; of several lengths they are no vectors.
    """
    tables = of_one_form(samples, lambda each: len(each.shape) > 1)
    if all(len(each.shape) > 1 and is_table(each.shape) for each in tables):
        return list(_some(_rows(tables)))
    alike = of_one_form(samples, lambda each: each.shape)
    are_vectors = len({each.shape for each in alike}) == 1 and len(alike[0].shape) == 1 and alike[0].shape[0] > 1
    return list(map(_plain, alike)) if are_vectors else []


def _rows(samples: Sequence[Tensor]) -> list[list[Any]]:
    """As many of each as make MAX_NUMBERS of all together; one at least."""
    rows: list[list[Any]] = []
    for each in samples:
        width, values = math.prod(each.shape[1:]), _plain(each)
        if width:
            most = max(1, MAX_NUMBERS // (width * len(samples))) * width
            rows += [values[start : start + width] for start in range(0, min(most, len(values) - width + 1), width)]
    return rows


def _plain(tensor: Tensor) -> list[Any]:
    """The first of its values as Python's own, which the binary extension's are not."""
    values: Any = tensor.values[:MAX_VALUES]
    plain: list[Any] = values.tolist() if hasattr(values, "tolist") else list(values)
    return plain


def _form(value: Value) -> str:
    """Families of numbers are one: plain JSON writes 1.0 and 1 for one number."""
    if not isinstance(value, Tensor):
        return type(value).__name__
    family = _family(value.datatype)
    return "number" if family in ("float", "integer") else family


def _family(datatype: str) -> str:
    if datatype.startswith(("FP", "BF")):
        return "float"
    return {"BOOL": "bool", "BYTES": "text"}.get(datatype, "integer" if "INT" in datatype else datatype)


def _some(values: Any) -> Any:
    return islice(values, MAX_VALUES)
