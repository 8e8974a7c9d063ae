"""Elevation of the sun against astronomical facts, and the light of a street."""

from datetime import UTC, datetime

import pytest

from analytics.camera import Position
from pipelines.learning.daylight import light_at, sun_elevation_deg

GREENWICH = Position(lat=51.4779, lon=0.0)
BATAM = Position(lat=1.13, lon=104.05)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("place", "time", "degrees"),
    [
        (GREENWICH, "2024-06-20T12:01:45", 90 - 51.4779 + 23.437),  # culmination at the June solstice
        (GREENWICH, "2024-12-21T11:58:10", 90 - 51.4779 - 23.437),  # and at the December solstice
        (GREENWICH, "2024-06-20T03:43:00", -0.8),  # sunrise there
        (BATAM, "2026-03-20T05:11:15", 90 - 1.13),  # noon at the equinox
        (BATAM, "2026-03-20T11:14:30", -0.8),  # sunset there, 18:14 local time
    ],
)
def test_the_elevation_of_the_sun_is_that_of_the_almanac(place, time, degrees):
    assert sun_elevation_deg(at(time), place) == pytest.approx(degrees, abs=0.5)


@pytest.mark.parametrize(
    ("time", "light"),
    [("2026-05-05T05:00", "day"), ("2026-05-05T11:10", "dusk"), ("2026-05-05T13:00", "night")],
)
def test_light_follows_the_sun_of_the_place(time, light):
    assert light_at(at(time), BATAM) == light
