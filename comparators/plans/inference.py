"""Which kind of output a head is, told from production's first answers. Pure; the plan freezes what this says.

Rules from the particular to the general, each readable on its own; what fits none is compared as JSON. A kind is never
switched later: values that do not fit it are compared by equality and counted as unfit.
"""

import math
from collections.abc import Callable, Sequence
from itertools import chain, islice
from typing import Any

from comparators.compare.detections import is_told_whole
from comparators.compare.rows import as_rows
from comparators.extract.output import Column, Document, Raw, Tensor, Texts, Value, rows_of
from comparators.extract.torchserve import is_best_first
from comparators.settings import OutputKind

MAX_SAMPLES = 100  # answers looked at
MAX_VALUES = 10_000  # numbers or rows looked at
MAX_CLASSES = 50  # more different values than this are no classes
EMBEDDING_FROM = 64  # numbers a row
SUM_SLACK = 1e-3  # of probabilities that were rounded on their way
LABEL_CHARS = 64
LABEL_WORDS = 5

# Numbers in different rows, each of which comes to 1, before that is more than chance: three rows of two, two of three,
# one of six. Numbers drawn from 0.0, 0.1, …, 1.0 do that in 1 of 400 cases or fewer.
NO_CHANCE_FROM = 6
PROBABILITY_NAMES = frozenset({
    "probabilities",  # TensorFlow's estimators, converters to ONNX
    "output_probability",  # scikit-learn in ONNX
    "probability",  # Spark ML
    "predict_proba", "probs", "softmax",
})  # fmt: skip

# What servers and libraries call an embedding. Under any other name as many numbers may be anything (a forecast).
EMBEDDING_NAMES = frozenset({
    "embedding",  # OpenAI
    "embeddings",  # Ollama, Cohere, SageMaker's Object2Vec
    "vector",  # SageMaker's BlazingText
    "sentence_embedding", "token_embeddings",  # Sentence Transformers
    "last_hidden_state", "pooler_output", "text_embeds", "image_embeds",  # Hugging Face Transformers
})  # fmt: skip

# Objects with an id and a score are a ranking; without scores a list is one where its name says so.
RANKED_BY = ("score", "relevance")
RANKING_NAMES = frozenset({
    "ranked", "ranked_items", "ranking", "rankings", "recommendations", "recommended", "recommended_items", "top_k",
    "topk",
})  # fmt: skip


def infer(samples: Sequence[Value], pointer: str = "") -> OutputKind:
    """Of one output in several answers. Those without rows say nothing, unless all are so."""
    samples = [each for each in samples if rows_of(each)] or samples
    name = pointer.rpartition("/")[2].lower()
    if samples and name in RANKING_NAMES and all(map(_are_rankings, samples)):
        return "ranking"
    if samples and name in EMBEDDING_NAMES and all(map(_are_vectors, samples)):
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
        return _of_tensors([each for each in samples if isinstance(each, Tensor)], name)
    rows = list(_some(chain.from_iterable(each.values for each in samples if isinstance(each, Column))))
    return "probabilities" if _are_named_distributions(rows, name) else _of_rows(rows)


def _of_tensors(samples: Sequence[Tensor], name: str) -> OutputKind:
    families = {_family(each.datatype) for each in samples}
    widths = {math.prod(each.shape[1:]) for each in samples}
    flat = list(_some(chain.from_iterable(map(_plain, samples))))
    if not flat:
        return "json"
    if families == {"text"}:
        return _of_scalars(flat) if widths == {1} else "json"
    if families == {"bool"}:
        return "label" if widths == {1} else "json"
    if families == {"integer"}:  # several a row: counts, ids, corners, token ids; compared to the unit
        return _of_scalars(flat) if widths == {1} else "score"
    if families <= {"float", "integer"}:
        return _of_numbers(samples, widths, name)
    return "json"


def _of_numbers(samples: Sequence[Tensor], widths: set[int], name: str) -> OutputKind:
    if widths == {1} or any(len(each.shape) != 2 for each in samples):
        return "score"
    rows = list(_some(_rows(samples)))
    if not rows:
        return "json"
    return "probabilities" if _are_distributions(rows, name in PROBABILITY_NAMES) else "score"


def _of_rows(rows: Sequence[Any]) -> OutputKind:
    if not rows:
        return "json"
    for fits, kind in _ROW_KINDS:
        if all(map(fits, rows)):
            return kind
    return _of_scalars(rows) if all(map(_is_scalar, rows)) else "json"


def _of_scalars(values: Sequence[Any]) -> OutputKind:
    """Labels, unless there are too many of them: then numbers are a score, and words a text."""
    words = [each for each in values if isinstance(each, str)]
    if any(len(each) > LABEL_CHARS or len(each.split()) > LABEL_WORDS for each in words):
        return "text"
    if len(set(map(repr, values))) <= MAX_CLASSES:
        return "label"
    return "text" if words else "score"


def _is_distribution(row: Sequence[Any]) -> bool:
    return (
        len(row) > 1
        and all(isinstance(each, int | float) and not isinstance(each, bool) and 0 <= each <= 1 for each in row)
        and abs(sum(row) - 1) <= SUM_SLACK
    )


def _are_distributions(rows: Sequence[Sequence[Any]], are_named: bool) -> bool:
    """All of them, and not by chance."""
    if not all(map(_is_distribution, rows)):
        return False
    return are_named or sum(map(len, set(map(tuple, rows)))) >= NO_CHANCE_FROM


def _are_named_distributions(rows: Sequence[Any], name: str) -> bool:
    """Classes with their probabilities, a row each: a map, a list of pairs, or of objects with a label and a score."""
    shares = [_shares(row) for row in rows]
    are_labelled = all(isinstance(row, list) and row and isinstance(row[0], dict) for row in rows)
    are_named = are_labelled or name in PROBABILITY_NAMES
    if not rows or not _are_distributions([each or () for each in shares], are_named):
        return False
    maps = [row for row in rows if isinstance(row, dict)]
    return are_named or not maps or _are_sorted(maps)


def _shares(row: Any) -> list[Any] | None:
    if isinstance(row, dict):
        return list(row.values())
    if not isinstance(row, list):
        return None
    if all(isinstance(each, dict) and each.keys() == {"label", "score"} for each in row):
        return [each["score"] for each in row]
    is_pairs = all(isinstance(each, list) and len(each) == 2 and isinstance(each[0], str | int) for each in row)
    return [each[1] for each in row] if is_pairs else None


def _are_sorted(maps: Sequence[dict[str, float]]) -> bool:
    """The best class first, and not always the same: as a sorted answer is, and an object with fields hardly ever."""
    orders = {tuple(each) for each in maps}
    return len(orders) > 1 and all(map(is_best_first, maps))


def _is_detections(row: Any) -> bool:
    """Objects with a box, and with nothing that comparing boxes would leave out (a mask, a track's id)."""
    return isinstance(row, list) and all(map(is_told_whole, row))


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
    items = [each.get("id", each.get("item_id")) if isinstance(each, dict) else each for each in row]
    are_ids = all(isinstance(each, str | int) and not isinstance(each, bool) for each in items)
    return are_ids and len(set(items)) == len(items)


def _are_vectors(sample: Value) -> bool:
    """One a row."""
    if isinstance(sample, Tensor):
        is_table = _family(sample.datatype) == "float" and len(sample.shape) == 2
        return is_table and sample.shape[1] >= EMBEDDING_FROM
    return isinstance(sample, Column) and all(map(_is_vector, sample.values))


def _is_vector(row: Any) -> bool:
    return isinstance(row, list) and len(row) >= EMBEDDING_FROM and all(isinstance(each, float) for each in row)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


# In this order: an empty list of detections fits several.
_ROW_KINDS: tuple[tuple[Callable[[Any], bool], OutputKind], ...] = (
    (_is_detections, "boxes"),
    (_is_scored_ranking, "ranking"),
)


def _rows(samples: Sequence[Tensor]) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for each in samples:
        width = math.prod(each.shape[1:])
        values = _plain(each)
        rows += (
            [values[start : start + width] for start in range(0, len(values) - width + 1, width or 1)] if width else []
        )
    return rows


def _plain(tensor: Tensor) -> list[Any]:
    """The first of its values as Python's own, which the binary extension's are not."""
    values: Any = tensor.values[:MAX_VALUES]
    plain: list[Any] = values.tolist() if hasattr(values, "tolist") else list(values)
    return plain


def _family(datatype: str) -> str:
    if datatype.startswith(("FP", "BF")):
        return "float"
    return {"BOOL": "bool", "BYTES": "text"}.get(datatype, "integer" if "INT" in datatype else datatype)


def _some(values: Any) -> Any:
    return islice(values, MAX_VALUES)
