"""The flights as models see them."""

from examples.flights import data
from examples.flights.features import FEATURES


def test_every_flight_that_took_off_is_there_once_in_the_order_of_taking_off() -> None:
    """336,776 flights were planned and 8,255 never left; joins neither add nor lose one."""
    flights = data.flights()

    assert len(flights) == 336_776 - 8_255
    assert flights["took_off"].is_monotonic_increasing


def test_what_is_missing_in_the_sources_stays_missing() -> None:
    """Calm hours have no gusts, and one aeroplane in seven is in no register."""
    missing = data.flights()[list(FEATURES)].isna().mean()

    assert missing["wind_gust"] > 0.7
    assert missing["built"] > 0.1
    assert missing["pressure"] > 0.05
    assert missing[["carrier", "origin", "dest", "dep_delay", "distance"]].sum() == 0


def test_a_flight_is_late_when_it_arrives_more_than_a_quarter_of_an_hour_after_its_time() -> None:
    """The first flight of the year, UA 1545, arrived 11 minutes late; the second, UA 1714, 20."""
    first, second = data.flights().head(2).to_dict("records")

    assert (first["flight"], first["late"]) == (1545, False)
    assert (second["flight"], second["late"]) == (1714, True)


def test_no_flight_of_the_traffic_is_among_those_trained_on() -> None:
    """Training and traffic have no month in common."""
    assert not set(data.TRAINING_MONTHS) & set(data.TRAFFIC_MONTHS)
    assert set(data.traffic(500)["month"]) == {data.TRAFFIC_MONTHS.start}


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    """So two servers that train at the same time serve the same model."""
    (once, target), (again, _) = data.training_sample(50, seed=1), data.training_sample(50, seed=1)

    assert once.equals(again)
    assert target.dtype == bool
    assert tuple(once.columns) == FEATURES
