"""How answers are read and compared, as an operator writes it. Composed by understudy/settings.

Only what decides a comparison is here, and `alpha`, which only the report uses. Thresholds belong to the policy.
"""

import hashlib
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from records.privacy.pointers import tokens_of

Protocol = Literal[
    "oip_v2", "oip_generate", "kserve_v1", "tf_serving", "mlflow", "sagemaker_json", "sagemaker_jsonlines",
    "sagemaker_csv", "openai_chat", "openai_completions", "openai_embeddings", "torchserve", "chosen",
    "json_outputs", "json_classes", "json_number", "json", "json_lines", "text", "bytes",
]  # fmt: skip
OutputKind = Literal[
    "label", "probabilities", "logits", "score", "ranking", "embedding", "boxes", "text", "json", "bytes"
]  # fmt: skip
BoxForm = Literal["xyxy", "xywh", "cxcywh"]  # two corners; a corner and a size; the center and a size
Precision = Literal["exact", "float64", "float32", "float16", "bfloat16"]

# (atol, rtol): as PyTorch's torch.testing.assert_close has them by dtype (torch/testing/_comparison.py).
PRECISIONS: dict[Precision, tuple[float, float]] = {
    "exact": (0.0, 0.0),
    "float64": (1e-7, 1e-7),
    "float32": (1e-5, 1.3e-6),
    "float16": (1e-5, 1e-3),
    "bfloat16": (1e-5, 1.6e-2),
}

TOLERANT: tuple[OutputKind, ...] = ("score", "json")  # kinds that settings may give a tolerance

RULES = 4  # what "disagree" means: another number where that changes, since evidence of before is no evidence of now

Name = Annotated[str, Meta(min_length=1)]
NotNegative = Annotated[float, Meta(ge=0)]
Pointer = Annotated[str, Meta(pattern="^(/.*)?$", extra={"right": "a JSON pointer: empty, or beginning with /"})]
UNIT_HEADER = "header:"
Unit = Annotated[
    str,
    Meta(
        pattern=rf"^(/.*|{UNIT_HEADER}[!#$%&'*+.^_`|~0-9A-Za-z-]+)?\Z",
        extra={"right": "header:NAME, or a JSON pointer, which begins with /"},
    ),
]

PointerInto = Annotated[str, Meta(pattern="^/", extra={"right": "a JSON pointer, which begins with /"})]
Source = Literal["feature", "header", "pointer", "hour"]  # hour: of a feature that is a time


class HeadSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one output is compared, where that is not to be inferred."""

    pointer: Annotated[
        Pointer, Meta(description="The output, as the plan prints it; * for any one key.", examples=["/risk"])
    ]
    kind: Annotated[
        OutputKind | None,
        Meta(description="What the output is. Left out: inferred from its first values.", examples=["score"]),
    ] = None
    atol: Annotated[
        NotNegative | None,
        Meta(description="Absolute part of the output's tolerance; it is for whole numbers, too.", examples=[1e-6]),
    ] = None
    rtol: Annotated[
        NotNegative | None,
        Meta(description="Relative part of the output's tolerance; it is for whole numbers, too.", examples=[1e-4]),
    ] = None
    precision: Annotated[
        Precision | None,
        Meta(description="The tolerance of a precision, instead of atol and rtol.", examples=["float32"]),
    ] = None
    threshold: Annotated[
        float | None,
        Meta(
            description="Where a score or a probability decides: outputs agree on the same side of it.", examples=[0.5]
        ),
    ] = None
    names: Annotated[tuple[str, ...], Meta(description="Class names of a probability vector, by index.")] = ()
    positive: Annotated[
        str,
        Meta(
            description="The class of a probability vector that a threshold decides for, by its name or its index. "
            "Empty: of two the last one.",
            examples=["fraud"],
        ),
    ] = ""
    logits: Annotated[bool, Meta(description="Take the softmax of these numbers as probabilities.")] = False
    min_cosine: Annotated[float, Meta(ge=-1, le=1, description="Embeddings agree from this cosine similarity on.")] = (
        0.999
    )
    top_k: Annotated[
        int, Meta(ge=1, le=256, description="Rankings agree where so many of their first items are the same, in order.")
    ] = 10
    boxes: Annotated[
        BoxForm | None,
        Meta(description="What a box's four numbers are. Left out: told from the first ones.", examples=["xywh"]),
    ] = None
    min_iou: Annotated[float, Meta(gt=0, le=1, description="Boxes match from this overlap on.")] = 0.5

    @property
    def has_tolerance(self) -> bool:
        return any(each is not None for each in (self.atol, self.rtol, self.precision))


class ArraySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the elements of a JSON array find their partners. Left out: by index."""

    pointer: Annotated[Pointer, Meta(description="Pointer to the array; * for any key or index.", examples=["/items"])]
    by: Annotated[
        Literal["set", "key"], Meta(description="set: in any order. key: by the value at `key`.", examples=["key"])
    ]
    key: Annotated[Pointer, Meta(description="Pointer to an element's key, from the element.", examples=["/id"])] = ""


class ReadingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the answers to some requests are read, where that is not to be detected."""

    path: Annotated[
        str,
        Meta(
            pattern=r"^[/*]",
            extra={"right": "a path or pattern, which begins with / or *"},
            description="The request paths that this table is about; * for any characters.",
            examples=["/score*"],
        ),
    ]
    protocol: Annotated[
        Protocol | None, Meta(description="Left out: `chosen` where `outputs` are, else detected.", examples=["chosen"])
    ] = None
    outputs: Annotated[
        dict[str, str],
        Meta(
            description="Outputs by name: a JSON pointer (/a/b) or a JMESPath expression into the answer.",
            examples=[{"late": "/result/late", "risk": "result.scores[0]"}],
        ),
    ] = field(default_factory=dict)
    version: Annotated[str, Meta(description="Where the answer tells the model's version: pointer or JMESPath.")] = ""


class Dimension(NamedTuple):
    """What requests are told apart by. A feature is an input of the model, by the name it has in the body."""

    source: Source
    name: str


class SliceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dimension: a header, a feature, or a place in the body."""

    header: Annotated[
        Name | None,
        Meta(description="A request header; others than the built-in ones need kept.headers.", examples=["X-Region"]),
    ] = None
    feature: Annotated[
        Name | None, Meta(description="An input of the model, by the name it has in the request.", examples=["carrier"])
    ] = None
    pointer: Annotated[
        PointerInto | None,
        Meta(description="JSON pointer into the request's body; * for any key or index.", examples=["/user/plan"]),
    ] = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.header, self.feature, self.pointer)) != 1:
            raise ValueError("a slice is one of header, feature and pointer")

    @property
    def dimension(self) -> Dimension:
        if self.header is not None:
            return Dimension("header", self.header.lower())
        if self.pointer is not None:
            return Dimension("pointer", self.pointer)
        return Dimension("feature", self.feature or "")


class CompareSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two numbers p (production's) and c agree where |c - p| <= atol + rtol * |p|; whole numbers must be equal, unless
    their own output has a tolerance.

    Left out, they let a model through that was moved from 64-bit to 32-bit floats: those carry seven digits, of which a
    sum over trees or layers commonly costs two or three.
    """

    atol: Annotated[
        NotNegative | None,
        Meta(
            description="Absolute part of the tolerance between two numbers. Left out: 1e-5; of numbers that all "
            "stay below 1 in their output, or at their path in a document, 1e-5 of their size.",
            examples=[1e-6],
        ),
    ] = None
    rtol: Annotated[
        NotNegative | None,
        Meta(
            description="Relative part of the tolerance, as a share of production's number. Left out: 1e-4.",
            examples=[1e-4],
        ),
    ] = None
    ignore: Annotated[
        tuple[PointerInto, ...],
        Meta(description="JSON pointers (* for any key or index) that are not compared, with all below them."),
    ] = ()
    arrays: Annotated[
        tuple[ArraySettings, ...], Meta(description="JSON arrays whose elements are not compared by index.")
    ] = ()
    readings: Annotated[
        tuple[ReadingSettings, ...],
        Meta(description="How answers are read, by path; the first table that fits counts."),
    ] = ()
    heads: Annotated[
        tuple[HeadSettings, ...], Meta(description="How single outputs are compared; the first table that fits counts.")
    ] = ()
    slices: Annotated[
        tuple[SliceSettings, ...],
        Meta(
            description="Dimensions of requests by which the report always shows disagreement, each of one kind.",
            examples=[[{"header": "X-Region"}, {"feature": "carrier"}, {"pointer": "/user/plan"}]],
        ),
    ] = ()
    find_slices: Annotated[
        bool, Meta(description="Also search the requests' features for slices that disagree more than the rest.")
    ] = True
    unit: Annotated[
        Unit,
        Meta(
            description="Whose a request is, where users send several: header:NAME, or a JSON pointer into its body. "
            "Empty: as it is sampled, by `sampling.key`.",
            examples=["header:X-User-Id"],
        ),
    ] = ""
    plan_wait_s: Annotated[
        float,
        Meta(
            ge=0,
            description="How long a pair waits until 30 answers have decided how its kind of request is read and "
            "compared; then fewer do, provisionally.",
        ),
    ] = 60.0
    max_decoded_bytes: Annotated[
        int, Meta(ge=1024, description="A body that unpacks to more than this counts as unreadable.")
    ] = 67_108_864
    alpha: Annotated[
        float, Meta(gt=0, lt=1, description="The chance that an interval of the report ever misses the truth.")
    ] = 0.05

    def unit_header(self) -> str:
        """The header that says whose a request is, in lower case; "" where it is none."""
        return self.unit.removeprefix(UNIT_HEADER).lower() if self.unit.startswith(UNIT_HEADER) else ""

    def headers_rested_on(self) -> tuple[str, ...]:
        """The request headers that units and slices are told by."""
        unit = self.unit.removeprefix(UNIT_HEADER) if self.unit_header() else ""
        return tuple(filter(None, (unit, *(each.header for each in self.slices))))

    def basis(self) -> str:
        """Names what decides a comparison: evidence under different bases is never added up. How long one waits for a
        plan decides which, and each has a revision of its own.
        """
        deciding = msgspec.structs.replace(self, alpha=0.05, plan_wait_s=60.0)
        written = msgspec.json.encode((RULES, deciding), order="deterministic")
        return hashlib.sha256(written).hexdigest()[:16]


NOTHING_SET = HeadSettings(pointer="")


def head_settings(settings: CompareSettings, pointer: str) -> HeadSettings:
    """What was set for the output at this pointer; of several that fit, the first."""
    return next((each for each in settings.heads if _fits(each.pointer, pointer)), NOTHING_SET)


def _fits(pattern: str, pointer: str) -> bool:
    wanted, has = tokens_of(pattern), tokens_of(pointer)
    return len(wanted) == len(has) and all(a in ("*", b) for a, b in zip(wanted, has, strict=True))
