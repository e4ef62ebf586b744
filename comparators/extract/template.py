"""A request's path with its ids folded to *, so that /users/17/score and /users/18/score are one kind of request.

A model's name is no id, whatever it looks like: in the paths of model servers it is kept, and its version, which is no
kind of request of its own, is folded. Bounded in length and depth, since clients choose paths. The rule also folds the
keys of JSON paths.
"""

import re
from functools import lru_cache

MAX_SEGMENTS = 16
MAX_SEGMENT_CHARS = 64
FOLDED = "*"

_ID = re.compile(
    r"\d+"  # a number
    r"|[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"  # a UUID
    r"|(?=[^0-9]*\d)[0-9a-f]{12,}"  # a digest
    r"|(?:[a-z]{1,8}[_-])?(?=(?:[^0-9]*\d){4})[0-9a-z]{20,}"  # a token; a model's name has its words apart
    r"|\d{4}-\d\d-\d\d.{0,30}"  # a date, perhaps with a time
    r"|[^@]+@[^@]+",  # an address
    re.IGNORECASE,
)
_VERB = re.compile(r":[A-Za-z]{1,32}$")  # as in late:predict, and in versions/3:predict

# Where model servers have the model's name, and perhaps its version. A prefix may come before, but for names so common
# that only a root tells.
_MODELS = tuple(
    re.compile(pattern)
    for pattern in (
        r"/v2/models/([^/]+)(?:/versions/([^/]+))?(?:/|$)",  # Open Inference Protocol
        # KServe V1, TensorFlow Serving
        r"/v1/models/([^/]+?)(?::[A-Za-z]+)?(?:/versions/([^/:]+)(?::[A-Za-z]+)?)?(?:/|$)",
        r"^/(?:predictions|explanations)/([^/]+)(?:/([^/]+))?$",  # TorchServe
        r"/models/([^/]+)()/invoke$",  # SageMaker's multi-model containers
        r"/endpoints/([^/:]+)()(?:/invocations|:[A-Za-z]+)$",  # SageMaker, Vertex AI
        r"/serving-endpoints/([^/]+)()/invocations$",  # Databricks
        r"/openai/deployments/([^/]+)()/",  # Azure OpenAI
    )
)


def folded(segment: str) -> str:
    """The segment, or FOLDED where it looks like an id or is too long to be anything else."""
    return FOLDED if len(segment) > MAX_SEGMENT_CHARS or _ID.fullmatch(segment) else segment


def path_template(target: str) -> tuple[str, str]:
    """The folded path of a request target, and the model's name where the path has one ("" elsewhere). A name that is
    too long is folded too: of a part of it nobody knows what a pattern would find in the whole.
    """
    path = target.partition("?")[0]
    model, place, version_place = _model(path)
    folds = []
    for number, segment in enumerate(path.split("/")[1 : MAX_SEGMENTS + 2]):
        verb = _verb(segment)
        name = segment.removesuffix(verb)
        is_model = number == place and len(name) <= MAX_SEGMENT_CHARS
        folds.append((name if is_model else FOLDED if number == version_place else folded(name)) + verb)
    if len(folds) > MAX_SEGMENTS:
        folds = [*folds[:MAX_SEGMENTS], "**"]
    return "/" + "/".join(folds), model if len(model) <= MAX_SEGMENT_CHARS else FOLDED


@lru_cache(maxsize=4096)
def path_version(target: str) -> str:
    """The model's version where the path has one ("" elsewhere)."""
    path = target.partition("?")[0]
    found = _found(path)
    return (found[2] or "") if found else ""


def _model(path: str) -> tuple[str, int, int]:
    """Its name, and the numbers of its segment and of its version's; -1 for none."""
    found = _found(path)
    if found is None:
        return "", -1, -1
    place, version_place = (path.count("/", 0, found.start(group)) - 1 if found[group] else -1 for group in (1, 2))
    return found[1], place, version_place


def _found(path: str) -> re.Match[str] | None:
    return next((found for pattern in _MODELS if (found := pattern.search(path)) is not None), None)


def _verb(segment: str) -> str:
    found = _VERB.search(segment)
    return found[0] if found else ""
