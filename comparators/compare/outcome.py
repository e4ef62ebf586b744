"""Status and failure: what became of a request at one endpoint, in one word that a matrix can count."""

from functools import lru_cache

from records.nouns import Answer, Failure, Observation


def outcome(observation: Observation) -> str:
    """The status code, or the kind of failure where there was no complete answer."""
    ended = observation.outcome
    return _written(ended.status) if isinstance(ended, Answer) else ended.kind


@lru_cache(maxsize=1024)
def _written(status: int) -> str:
    return str(status)


def outcome_class(word: str) -> str:
    """2xx, 3xx, 4xx, 5xx; a failure is its own class."""
    return f"{word[0]}xx" if word.isdigit() else word


def is_success(word: str) -> bool:
    """Whether `succeeded` holds of the outcome with this word."""
    return word.isdigit() and int(word) < 400


def succeeded(ended: Answer | Failure) -> bool:
    """An answer below 400: what a client can use."""
    return isinstance(ended, Answer) and ended.status < 400


def has_output(ended: Answer | Failure) -> bool:
    """2xx: the body is the model's own answer, not a redirect's or an error's text."""
    return isinstance(ended, Answer) and 200 <= ended.status < 300
