"""Generated history: rows that the database makes itself, as fast as it can insert them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import psycopg

from analytics.facts import Direction, Level
from analytics.road_users import ROAD_USERS
from pipelines.events.schema import CountsReport, CrossingRecord, Event, GateRecord, ZoneRecord

GATES, ZONES = ("utara", "selatan"), ("masuk", "keluar")
"""Gates and zones of each camera [assumption: a two-way road]."""
DAY = timedelta(days=1)
"""Longest period that one statement generates."""
_MADE_ID = UUID("5eed0000-0000-4000-8000-000000000000")
"""Namespace of the ids of generated events."""

# A row of each table for every minute that `step` selects; the hour from 2 to 3 UTC of each day is a gap.
_MINUTES = """
CREATE TEMPORARY TABLE made_minutes ON COMMIT DROP AS
SELECT at, md5(%(camera)s || at)::uuid AS event_id, extract(epoch FROM at)::bigint / 60 AS number
FROM generate_series(%(from)s, %(to)s - interval '1 second', %(step)s) AS at
WHERE extract(hour FROM at) <> 2
"""
_STATEMENTS = (
    """
INSERT INTO observed (start_at, event_id, camera_id, end_at, observed_s)
SELECT at, event_id, %(camera)s, at + interval '1 minute', 60 FROM made_minutes
""",
    """
INSERT INTO crossings (at, event_id, n, camera_id, gate, direction, road_user, track, speed_kmh, headway_s)
SELECT at + k * interval '60 seconds' / %(crossings)s, event_id, k, %(camera)s,
    (%(gates)s::text[])[1 + k %% 2], CASE WHEN k %% 3 = 0 THEN 'A' ELSE 'B' END,
    (%(classes)s::text[])[1 + (number + k) %% 6], number + k, 20 + (number * 7 + k * 3) %% 40, 1 + (number + k) %% 9
FROM made_minutes CROSS JOIN generate_series(0, %(crossings)s - 1) AS k
""",
    """
INSERT INTO gate_intervals (camera_id, gate, direction, start_at, end_at, flow_veh_h, smp_h, saturation, emp_verified,
    sight, coverage)
SELECT %(camera)s, gate, direction, at, at + interval '1 minute', 600, 300 + number %% 50, 0.3, true, 'clear', 1
FROM made_minutes CROSS JOIN unnest(%(gates)s::text[]) AS gate CROSS JOIN unnest(ARRAY['A', 'B']) AS direction
""",
    """
INSERT INTO zone_intervals (camera_id, zone, start_at, end_at, flow_veh_h, speed_kmh, density_veh_km_lane, occupancy,
    queue_m, level, sight, coverage)
SELECT %(camera)s, zone, at, at + interval '1 minute', 600, 25 + number %% 20, 20, 0.1, number %% 30, 'free', 'clear', 1
FROM made_minutes CROSS JOIN unnest(%(zones)s::text[]) AS zone
""",
)
"""Inserts of one day of a camera from `made_minutes`, one for each table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Amount of history. step: time between two minutes with rows. crossings: in each of them, of one camera."""

    cameras: int
    days: int
    step: timedelta
    crossings: int

    @property
    def rows_per_minute(self) -> int:
        """Rows of one camera for a minute."""
        return 1 + self.crossings + 2 * len(GATES) + len(ZONES)

    @property
    def rows(self) -> int:
        """Rows of all days; 23 of 24 hours have some."""
        return round(self.cameras * self.days * DAY / self.step * 23 / 24 * self.rows_per_minute)

    @property
    def camera_ids(self) -> list[str]:
        return [f"made-{number:03}" for number in range(self.cameras)]


def insert_day(connection: psycopg.Connection[Any], camera_id: str, start: datetime, amount: Amount) -> None:
    """Insert the rows of a camera from `start` on, in the transaction of the connection."""
    parameters = {
        "camera": camera_id,
        "from": start,
        "to": start + DAY,
        "step": amount.step,
        "crossings": amount.crossings,
        "gates": list(GATES),
        "zones": list(ZONES),
        "classes": [str(road_user) for road_user in ROAD_USERS],
    }
    for statement in (_MINUTES, *_STATEMENTS):
        connection.execute(statement, parameters)


def minute_event(camera_id: str, start: datetime, crossings: int) -> Event:
    """Return the event of a minute as a worker sends it, with as many rows as `Amount.rows_per_minute`."""
    end = start + timedelta(minutes=1)
    report = CountsReport(
        camera_id=camera_id,
        start_at=start,
        end_at=end,
        observed_s=60,
        crossings=tuple(
            CrossingRecord(
                at=start + timedelta(seconds=60 * k / crossings),
                gate=GATES[k % 2],
                direction=Direction.A if k % 3 == 0 else Direction.B,
                road_user=ROAD_USERS[k % len(ROAD_USERS)],
                track=k,
                speed_kmh=20.0 + k,
                headway_s=1.0 + k,
            )
            for k in range(crossings)
        ),
        gates=tuple(
            GateRecord(gate=gate, direction=direction, start_at=start, end_at=end, flow_veh_h=600.0, coverage=1.0)
            for gate in GATES
            for direction in Direction
        ),
        zones=tuple(
            ZoneRecord(zone=zone, start_at=start, end_at=end, flow_veh_h=600.0, level=Level.FREE, coverage=1.0)
            for zone in ZONES
        ),
    )
    event = Event.wrap(report, end)
    return event.model_copy(update={"id": str(uuid5(_MADE_ID, f"{camera_id}{start}"))})
