"""Models of the data that scikit-learn brings: some hundred answers a pair, made in a second or two."""

from collections.abc import Iterator

from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.clips.outputs import Outputs, Thirds, pair


def diabetes() -> Iterator[Outputs]:
    """How far a disease has come in a year, 25 to 346."""
    rows = Thirds.of(*load_diabetes(return_X_y=True))
    ridge = Ridge(0.1).fit(*rows.one).predict(rows.asked)
    yield pair("diabetes: retrained", ridge, Ridge(0.1).fit(*rows.other).predict(rows.asked))
    forest = RandomForestRegressor(50, random_state=1).fit(*rows.one).predict(rows.asked)
    yield pair("diabetes: another algorithm", ridge, forest)


def tumours() -> Iterator[Outputs]:
    """Probabilities, most of which are nearly 0 or 1."""
    rows = Thirds.of(*load_breast_cancer(return_X_y=True))
    one, other = (make_pipeline(StandardScaler(), LogisticRegression()).fit(*each) for each in (rows.one, rows.other))
    production = one.predict_proba(rows.asked)[:, 1]
    yield pair("tumours: retrained", production, other.predict_proba(rows.asked)[:, 1])
    forest = RandomForestClassifier(50, random_state=1).fit(*rows.one)
    yield pair("tumours: another algorithm", production, forest.predict_proba(rows.asked)[:, 1])
    yield pair("tumours: not scaled", production, one[-1].predict_proba(rows.asked)[:, 1])


def digits() -> Iterator[Outputs]:
    """Of 64 pixels: how sure a model is of its first class, and the digit as a number."""
    rows = Thirds.of(*load_digits(return_X_y=True))
    one, other = (LogisticRegression(C=0.01, max_iter=500).fit(*each) for each in (rows.one, rows.other))
    sure = one.predict_proba(rows.asked).max(axis=1)
    yield pair("digits: certainty, retrained", sure, other.predict_proba(rows.asked).max(axis=1))
    ridge = Ridge(1.0).fit(*rows.one).predict(rows.asked)
    yield pair("digits: as a number, retrained", ridge, Ridge(1.0).fit(*rows.other).predict(rows.asked))


def all_of_them() -> Iterator[Outputs]:
    yield from diabetes()
    yield from tumours()
    yield from digits()
