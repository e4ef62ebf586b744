"""What two models answer to the same requests."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class Outputs(NamedTuple):
    name: str
    production: Numbers
    candidate: Numbers


class Model(Protocol):
    """Of scikit-learn, or like one."""

    def fit(self, x: Numbers, y: Numbers) -> "Model": ...
    def predict(self, x: Numbers) -> Numbers: ...


class Thirds(NamedTuple):
    """Rows for one model, as many for another, and those that both are asked about."""

    one: tuple[Numbers, Numbers]
    other: tuple[Numbers, Numbers]
    asked: Numbers

    @classmethod
    def of(cls, x: Numbers, y: Numbers) -> "Thirds":
        one, other, asked = np.array_split(np.random.default_rng(1).permutation(len(y)), 3)
        return cls((x[one], y[one]), (x[other], y[other]), x[asked])


def pair(name: str, production: Numbers, candidate: Numbers) -> Outputs:
    """Whatever the two were computed in."""
    return Outputs(name, np.asarray(production, dtype=np.float64), np.asarray(candidate, dtype=np.float64))
