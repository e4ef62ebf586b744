"""What the last name of a path says of the values there: a duration, what tells one request from another, or what a
service says of itself. volatile.py and always_other.py ask.
"""

import re
from functools import lru_cache

_CACHED = 1_024  # paths

_DURATION = re.compile(
    r"(^|_)(duration|durations|elapsed|took|latency|latencies|time|times|ms|secs|seconds|us|ns)($|_)"
)
_ID_OF_REQUEST = re.compile(
    r"(^|_)(request|req|trace|span|correlation|transaction|prediction|inference|response|call|log|event|message|session)"
    r"_(id|number)$|(^|_)(nonce|seq|sequence|serial|uuid|guid)$"
)
_OF_THE_SERVICE = re.compile(
    r"(^|_)(version|build|commit|sha|revision|release|tag|host|hostname|server|pod|node|instance|deployment|image"
    r"|checkpoint|model|engine|backend)($|_)"
)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


def says_duration(path: str) -> bool:
    return _DURATION.search(_words(path)) is not None


def says_id_of_request(path: str) -> bool:
    return _ID_OF_REQUEST.search(_words(path)) is not None


@lru_cache(maxsize=_CACHED)
def is_of_the_service(path: str) -> bool:
    return _OF_THE_SERVICE.search(_words(path)) is not None


def _words(path: str) -> str:
    """`tookMs` is `took_ms`."""
    return "_".join(_WORDS.findall(path.rpartition("/")[2])).lower()
