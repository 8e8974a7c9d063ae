"""Bytes of a row of each table in PostgreSQL, with its indexes.

    python -m bench.performance.row_sizes

Writes events of eight hours through the writer of production, to the embedded server. Writes build/bench/rows.json.
The figures are those of `pipelines.capacity.purchase`.
"""

import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analytics.camera_analyzer import COVERAGE_S
from analytics.facts import Direction, Level, LevelOfService
from analytics.road_users import RoadUser
from bench.inputs import RESULTS
from pipelines.capacity.purchase import ROW_BYTES
from pipelines.config.settings import Config
from pipelines.events.schema import (
    CameraStatus,
    Congestion,
    CountsReport,
    CrossingRecord,
    Event,
    GateRecord,
    Health,
    ZoneRecord,
)
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter

RESULT = RESULTS / "rows.json"
"""Figures that this benchmark writes."""
MINUTES = 480
"""Written minutes of one camera [assumption: thousands of rows a table, so that empty pages do not matter]."""
BEGINS = datetime(2026, 11, 1, tzinfo=UTC)
"""Time of the first event."""
STEPS = round(60 / COVERAGE_S)
"""Reports of counts a minute [source: their interval]."""


def main() -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, open_database(Config(data_dir=Path(folder))) as pool:
        writer = EventWriter(pool)
        for minute in range(MINUTES):
            writer.write(events_of(BEGINS + timedelta(minutes=minute)))
        with pool.connection() as connection:
            sizes = {}
            for table in ROW_BYTES:
                query = f"SELECT pg_total_relation_size('{table}'), count(*) FROM {table}"
                (row,) = connection.execute(query.encode()).fetchall()
                sizes[table] = round(row[0] / row[1])
    RESULT.write_text(json.dumps(sizes, indent=1) + "\n")
    print(json.dumps(sizes, indent=1))
    return 0


def events_of(start: datetime) -> list[Event]:
    """Return the events of one minute of a camera, with all measures of a calibrated zone and gate."""
    end = start + timedelta(minutes=1)
    zone = ZoneRecord(
        zone="approach",
        start_at=start,
        end_at=end,
        flow_veh_h=720.0,
        speed_kmh=31.5,
        density_veh_km_lane=22.5,
        queue_m=35.0,
        smp_h=450.0,
        saturation=0.3,
        level_of_service=LevelOfService.B,
        emp_verified=False,
        level=Level.DENSE,
        coverage=0.95,
    )
    gates = tuple(
        GateRecord(
            gate="north",
            direction=direction,
            start_at=start,
            end_at=end,
            flow_veh_h=720.0,
            headway_mean_s=4.5,
            headway_median_s=3.5,
            smp_h=310.0,
            emp_verified=True,
            coverage=0.95,
        )
        for direction in Direction
    )
    data: list[CountsReport | Congestion | Health] = [
        CountsReport(
            camera_id="simpang-kda-1",
            start_at=start + step * timedelta(minutes=1) / STEPS,
            end_at=start + (step + 1) * timedelta(minutes=1) / STEPS,
            observed_s=9.5,
            crossings=tuple(crossing(start + timedelta(seconds=10 * step + n), 10 * step + n) for n in range(5)),
            gates=() if step else gates,
            zones=() if step else (zone,),
        )
        for step in range(STEPS)
    ]
    data.append(
        Congestion(camera_id="simpang-kda-1", zone="approach", at=start, level=Level.DENSE, previous=Level.DENSE)
    )
    data += [
        Health(
            camera_id="simpang-kda-1",
            at=start + timedelta(seconds=5 * n),
            status=CameraStatus.ONLINE,
            image_size=(1280, 720),
            received_fps=12.5,
            analysed_fps=5.5,
            held_fps=1.0,
            wanted_fps=5.5,
            reached=1.0,
            age_s=0.1,
            age_p95_s=0.25,
        )
        for n in range(12)
    ]
    return [Event.wrap(each, end) for each in data]


def crossing(at: datetime, track: int) -> CrossingRecord:
    return CrossingRecord(
        at=at,
        gate="north",
        direction=Direction.A,
        road_user=RoadUser.MOTORCYCLE,
        track=track,
        speed_kmh=31.5,
        speed_sigma_kmh=1.5,
        headway_s=2.5,
    )


if __name__ == "__main__":
    sys.exit(main())
