"""Hours and days of a city whose clock differs from UTC by hours and a quarter, over the API, CSV and database."""

import csv
import io
from datetime import timedelta

import pytest

from pipelines.config.settings import Config
from tests.support.portal_events import NOON, crossing, ten_seconds

QUERY = {"camera": "laluan-1", "gate": "utara"}


@pytest.fixture
def config(config: Config) -> Config:
    return config.model_copy(update={"city": config.city.model_copy(update={"timezone": "Asia/Kathmandu"})})


def test_crossings_are_counted_in_the_hours_and_days_of_the_city(signed_in, store):
    # NOON is 05:00 UTC, which is 10:45 in Kathmandu: the hour changes 15 minutes later.
    for minutes, count in ((0, 1), (14, 2), (15, 3), (74, 4), (75, 5)):
        at = NOON + timedelta(minutes=minutes)
        store(ten_seconds(at, *(crossing(at + timedelta(seconds=k)) for k in range(count))))
    client = signed_in("rina")
    period = {"from": NOON.isoformat(), "to": (NOON + timedelta(hours=2)).isoformat()}
    rows = client.get("/api/history", params=QUERY | period | {"interval": 3600}).json()["rows"]
    assert [row["start_at"] for row in rows] == [f"2026-11-20T0{hour}:15:00Z" for hour in (4, 5, 6)]
    assert [row["counts"]["car"] for row in rows] == [1 + 2, 3 + 4, 5]
    text = client.get("/api/history.csv", params=QUERY | period | {"interval": 3600}).text
    assert [row["start_local"] for row in csv.DictReader(io.StringIO(text))] == [
        f"2026-11-20T{hour}:00:00+05:45" for hour in (10, 11, 12)
    ]
    (day,) = client.get("/api/history", params=QUERY | period | {"interval": 86_400}).json()["rows"]
    assert (day["start_at"], day["end_at"]) == ("2026-11-19T18:15:00Z", "2026-11-20T18:15:00Z")
    assert day["counts"]["car"] == 15
