"""A request's path with its ids folded to *, so that /users/17/score and /users/18/score are one kind of request.

Bounded in length and depth, since clients choose paths. The rule also folds the keys of JSON paths.
"""

import re

MAX_SEGMENTS = 16
MAX_SEGMENT_CHARS = 64

_ID = re.compile(
    r"\d+"  # a number
    r"|[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"  # a UUID
    r"|(?=[^0-9]*\d)[0-9a-f]{12,}"  # a digest
    r"|(?:[a-z]{1,8}[_-])?(?=(?:[^0-9]*\d){4})[0-9a-z]{20,}"  # a token; a model's name has its words apart
    r"|\d{4}-\d\d-\d\d.{0,30}"  # a date, perhaps with a time
    r"|[^@]+@[^@]+",  # an address
    re.IGNORECASE,
)
_OIP = re.compile(r"/v2/models/([^/]+)(?:/versions/[^/]+)?/infer$")


def folded(segment: str) -> str:
    """The segment, or * where it looks like an id or is too long to be anything else."""
    if len(segment) > MAX_SEGMENT_CHARS or _ID.fullmatch(segment):
        return "*"
    return segment


def path_template(target: str) -> tuple[str, str]:
    """The folded path of a request target, and the model's name where the path has one ("" elsewhere)."""
    path = target.partition("?")[0]
    named = _OIP.search(path)
    model = named.group(1) if named else ""
    segments = path.split("/")[1:]
    folds = [part if part == model and len(part) <= MAX_SEGMENT_CHARS else folded(part) for part in segments]
    if len(folds) > MAX_SEGMENTS:
        folds = [*folds[:MAX_SEGMENTS], "**"]
    return "/" + "/".join(folds), model[:MAX_SEGMENT_CHARS]
