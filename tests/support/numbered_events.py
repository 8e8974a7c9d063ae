"""Events by number for tests of the bus, and a bus that a test switches off."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from analytics.facts import Direction, Level
from analytics.road_users import RoadUser
from pipelines.bus.bus import BusUnavailable
from pipelines.events.schema import CameraStatus, Congestion, CountsReport, CrossingRecord, Event, Health

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
"""Noon in Batam."""


def counts(n: int) -> Event:
    """Counts of the nth ten seconds after NOON."""
    start = NOON + timedelta(seconds=10 * n)
    return Event.wrap(
        CountsReport(camera_id="cam", start_at=start, end_at=start + timedelta(seconds=10), observed_s=10), start
    )


def crossing(n: int) -> Event:
    """Counts of the nth ten seconds after NOON, with a crossing of track n."""
    data = counts(n).data
    assert isinstance(data, CountsReport)
    record = CrossingRecord(at=data.start_at, gate="north", direction=Direction.A, road_user=RoadUser.CAR, track=n)
    return Event.wrap(data.model_copy(update={"crossings": (record,)}), data.start_at)


def health(n: int) -> Event:
    """Health of the camera, n seconds after NOON."""
    return Event.wrap(Health(camera_id="cam", at=NOON + timedelta(seconds=n), status=CameraStatus.ONLINE), NOON)


def level(n: int) -> Event:
    """Congestion level, n seconds after NOON."""
    at = NOON + timedelta(seconds=n)
    return Event.wrap(Congestion(camera_id="cam", zone="view", at=at, level=Level.FREE, previous=Level.FREE), at)


class SwitchedBus:
    """A bus that is up or down at will, and records its events and their ids."""

    def __init__(self, *, up: bool = True) -> None:
        self.up = up
        self.events: list[Event] = []
        self.taken: list[str] = []

    def publish(self, events: Sequence[Event]) -> None:
        if not self.up:
            raise BusUnavailable("switched off")
        self.events += events
        self.taken += [event.id for event in events]

    def close(self) -> None:
        pass
