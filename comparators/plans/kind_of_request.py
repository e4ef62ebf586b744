"""Of which kind a request is: its method, its folded path and the model that it asks. A plan is named by it. Pure."""

from functools import lru_cache
from typing import NamedTuple

from comparators.extract.named_model import named_model, names_model
from comparators.extract.template import path_template
from records.nouns import Request

_NAMING = " model="


class Kind(NamedTuple):
    """Of a request: its method and path, and the model that it names in its body where paths have none ("" elsewhere).

    `key` is what its plan is named by. A model's name is part of the path in the protocols that have it there.
    """

    path_key: str
    named: str = ""

    @property
    def key(self) -> str:
        return with_model(self.path_key, self.named)


def kind_of(request: Request) -> Kind:
    kind, names = _by_path(request.method, request.target)
    return Kind(kind.path_key, named_model(request)) if names else kind


def with_model(path_key: str, named: str) -> str:
    return f"{path_key}{_NAMING}{named}" if named else path_key


def without_model(key: str) -> tuple[str, str]:
    """A key's method and path, and the model in it; neither a method nor a path holds a space."""
    path_key, _, named = key.partition(_NAMING)
    return path_key, named


@lru_cache(maxsize=4096)
def _by_path(method: str, target: str) -> tuple[Kind, bool]:
    """The kind of its path, and whether the model stands in the body."""
    template, model = path_template(target)
    return Kind(f"{method} {template}"), not model and names_model(method, target.partition("?")[0])
