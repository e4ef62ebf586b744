"""Models of the flights of examples/: trained on January to September, asked about October to December."""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.clips.outputs import Model, Numbers, Outputs, Thirds, pair
from examples.flights import data, models
from examples.flights.features import FEATURES
from examples.flights.train import train

TRAINED, ASKED = 40_000, 20_000
ALARM_FROM = 60  # minutes
DELAY = FEATURES.index("dep_delay")  # after the categories: a column of the matrix


class Rows(NamedTuple):
    """Matrices of flights and how late they arrived, in minutes: -75 to 1,272, a third of them after their time."""

    one: tuple[Numbers, Numbers]
    other: tuple[Numbers, Numbers]
    asked: Numbers


@cache
def rows() -> Rows:
    table = data.flights()
    table = table[table["arr_delay"].notna()]
    trained = table[table["month"].isin(data.TRAINING_MONTHS)].sample(TRAINED, random_state=1)
    asked = table[table["month"].isin(data.TRAFFIC_MONTHS)].sample(ASKED, random_state=1)
    encoder = models.Encoder.fitted(_columns(trained))
    x, y = encoder.matrix(_columns(trained)), trained["arr_delay"].to_numpy(np.float64)
    half = TRAINED // 2
    return Rows((x[:half], y[:half]), (x[half:], y[half:]), encoder.matrix(_columns(asked)))


@cache
def trees(half: int) -> Model:
    """How late a flight will arrive, by one half of the training's rows or the other."""
    return HistGradientBoostingRegressor(random_state=1).fit(*rows()[half])


def delays() -> Iterator[Outputs]:
    asked = rows().asked
    one = trees(0).predict(asked)
    yield pair("delays: retrained", one, trees(1).predict(asked))
    linear = make_pipeline(SimpleImputer(), StandardScaler(), Ridge()).fit(*rows().one)
    yield pair("delays: another algorithm", one, linear.predict(asked))
    yield pair("delays: 0 for what is missing", one, trees(0).predict(np.nan_to_num(asked)))
    yield pair("delays: clipped to 0 to 60", one, np.clip(one, 0, ALARM_FROM))
    yield pair("delays: in hours", one, one / 60)
    yield pair("delays: the last one known", asked[:, DELAY], one)
    yield pair("delays: of the request before", one, np.roll(one, 1))


def made_up() -> Iterator[Outputs]:
    """The minutes that a flight makes up on its way, or loses: of either sign."""
    asked = rows().asked
    one, other = (
        HistGradientBoostingRegressor(random_state=1).fit(x, x[:, DELAY] - y).predict(asked) for x, y in rows()[:2]
    )
    yield pair("made up: retrained", one, other)
    yield pair("made up: of the request before", one, np.roll(one, 1))


def casts() -> Iterator[Outputs]:
    """A linear model's weights and inputs in fewer bits; eight are whole steps of the largest weight."""
    scaled = make_pipeline(SimpleImputer(), StandardScaler())
    x, y = rows().one
    ridge = Ridge().fit(scaled.fit_transform(x), y)
    asked, weights = scaled.transform(rows().asked), ridge.coef_
    linear = asked @ weights + ridge.intercept_
    for bits, name in ((np.float32, "float32"), (np.float16, "float16")):
        cast = asked.astype(bits) @ weights.astype(bits) + bits(ridge.intercept_)
        yield pair(f"delays: {name}", linear, cast)
    step = np.abs(weights).max() / 127
    yield pair("delays: int8", linear, asked @ (np.rint(weights / step) * step) + ridge.intercept_)


def minutes_late() -> Iterator[Outputs]:
    """Never negative: by a model of the logarithm, by one of means, and only from an alarm on."""
    asked = rows().asked
    late = [(x, np.maximum(0, y)) for x, y in rows()[:2]]
    one, other = (HistGradientBoostingRegressor(random_state=1).fit(x, np.log1p(y)).predict(asked) for x, y in late)
    yield pair("logarithms: retrained", one, other)
    yield pair("minutes: as a logarithm", np.expm1(one), one)
    means = [HistGradientBoostingRegressor(loss="poisson", random_state=1).fit(*each).predict(asked) for each in late]
    yield pair("minutes: retrained", *means)
    yield pair("minutes: of a logarithm", means[0], np.expm1(one))
    one, other = (np.where(each > ALARM_FROM, each, 0) for each in (trees(0).predict(asked), trees(1).predict(asked)))
    yield pair("mostly zero: retrained", one, other)


def counts() -> Iterator[Outputs]:
    """How many aeroplanes take off from an airport in an hour, 1 to 39."""
    table = data.flights()
    day = table["took_off"].dt.day_of_year
    hours = table.assign(day=day).groupby(["origin", "day", "weekday", "hour"]).size().rename("count").reset_index()
    x = np.column_stack([pd.factorize(hours["origin"])[0], hours[["day", "weekday", "hour"]].to_numpy(np.float64)])
    thirds = Thirds.of(x, hours["count"].to_numpy(np.float64))
    one, other = (
        HistGradientBoostingRegressor(loss="poisson", random_state=1).fit(*each).predict(thirds.asked)
        for each in (thirds.one, thirds.other)
    )
    yield pair("counts: retrained", one, other)
    yield pair("counts: whole numbers", one, np.rint(one))


def pressures() -> Iterator[Outputs]:
    """By the other weather, in hPa: 990 to 1,040, so that the numbers are large and differ little."""
    hours = data.flights().drop_duplicates(["origin", "temp", "dewp", "wind_dir", "pressure"])
    hours = hours[hours["pressure"].notna()]
    columns = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "visib", "month", "hour"]
    thirds = Thirds.of(hours[columns].to_numpy(np.float64), hours["pressure"].to_numpy(np.float64))
    one, other = (
        HistGradientBoostingRegressor(random_state=1).fit(*each).predict(thirds.asked)
        for each in (thirds.one, thirds.other)
    )
    yield pair("pressures: retrained", one, other)
    yield pair("pressures: in inches of mercury", one, one / 33.8639)


def probabilities() -> Iterator[Outputs]:
    """To arrive more than a quarter of an hour late: the models of the demo, and one retrained on other flights."""
    asked = _columns(data.unseen_sample(ASKED, seed=1)[0])
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "models"
        train(directory)
        production, ported, skewed = (
            kind(directory).predict(asked)["probability"] for kind in (models.Production, models.Ported, models.Skewed)
        )
    yield pair("late: ported to ONNX", production, ported)
    yield pair("late: 0 for what is missing", production, skewed)
    one, other = (
        HistGradientBoostingClassifier(random_state=1).fit(x, y > data.LATE_AFTER_MINUTES).predict_proba(rows().asked)
        for x, y in rows()[:2]
    )
    yield pair("late: retrained", one[:, 1], other[:, 1])


def all_of_them() -> Iterator[Outputs]:
    yield from delays()
    yield from made_up()
    yield from casts()
    yield from minutes_late()
    yield from counts()
    yield from pressures()
    yield from probabilities()


def _columns(table: pd.DataFrame) -> models.Columns:
    return {name: table[name].tolist() for name in FEATURES}
