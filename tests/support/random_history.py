"""Random history of a junction with three gates in a real database: tracks, gaps, late events, roll-ups of a part."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from analytics.facts import Direction, Level
from analytics.road_users import RoadUser
from pipelines.config.config_file import read_config
from pipelines.config.settings import Config, StoreConfig
from pipelines.events.schema import CountsReport, CrossingRecord, Event, GateRecord, ZoneRecord
from pipelines.store.history.refresh import refresh
from pipelines.store.writer import EventWriter

BEGIN = datetime(2026, 10, 23, 22, 0, tzinfo=UTC)
"""Beginning of the history; in the second night Amsterdam sets its clock."""
DAYS = 4
"""Days of the history."""
JAKARTA = ZoneInfo("Asia/Jakarta")
"""Zone of the city, whose hours are rolled up."""
GATES = {"utara": Direction.A, "selatan": Direction.B, "timur": Direction.A}
"""Gates of the junction, each the entry and exit of its arm, with the direction inwards."""
_GEOMETRY: dict[str, Any] = {
    "image_size": [640, 360],
    "gates": [
        {"id": "utara", "p1": [200, 60], "p2": [440, 60], "role": "entry", "arm": "U", "road_type": "APILL terlindung",
         "capacity_smp_h": 900},
        {"id": "selatan", "p1": [200, 300], "p2": [440, 300], "role": "entry", "arm": "S"},
        {"id": "timur", "p1": [560, 60], "p2": [560, 300], "role": "exit", "arm": "T"},
    ],
    "zones": [{"id": "masuk", "polygon": [[200, 60], [440, 60], [440, 300], [200, 300]]}],
}  # fmt: skip
"""Content of `camera.json`."""


def city_config(folder: Path, dsn: str, geometry: dict[str, Any] | None = None) -> Config:
    """Return the configuration of a city with one camera at one site, written to `folder`."""
    (folder / "camera.json").write_text(json.dumps(geometry or _GEOMETRY), encoding="utf-8")
    (folder / "city.yaml").write_text(
        f"""
city: {{name: Batam, timezone: Asia/Jakarta}}
data_dir: data
store: {{dsn: "{dsn}"}}
sites: [{{id: laluan, name: Simpang Laluan}}]
cameras:
  - {{id: laluan-1, name: Laluan utara, url: "rtsp://192.0.2.1/1", site: laluan, geometry: camera.json}}
""",
        encoding="utf-8",
    )
    config = read_config(folder / "city.yaml")
    assert isinstance(config.store, StoreConfig) and isinstance(config.store.dsn, SecretStr)
    return config


def _report(dice: random.Random, start: datetime, inward: dict[str, Direction]) -> CountsReport:
    """Ten minutes with road users that enter by a gate, of which most leave by another."""
    crossings = []
    for _ in range(dice.randrange(12)):
        at, track = start + timedelta(seconds=dice.uniform(0, 560)), dice.randrange(10**9)
        road_user, gate = dice.choice(list(RoadUser)), dice.choice(list(inward))
        speed = dice.choice([None, dice.uniform(5, 80)])

        def passage(at, gate, *, enters, road_user=road_user, track=track, speed=speed):
            away = Direction.B if inward[gate] is Direction.A else Direction.A
            direction = inward[gate] if enters else away
            return CrossingRecord(
                at=at, gate=gate, direction=direction, road_user=road_user, track=track, speed_kmh=speed
            )

        crossings.append(passage(at, gate, enters=dice.random() < 0.8))
        if dice.random() < 0.7:
            later = at + timedelta(seconds=dice.uniform(1, 39))
            crossings.append(passage(later, dice.choice(list(inward)), enters=False))
    period = {"start_at": start, "end_at": start + timedelta(minutes=1)}
    return CountsReport(
        camera_id="laluan-1",
        start_at=start,
        end_at=start + timedelta(minutes=10),
        observed_s=dice.choice([300.0, 600.0, 600.0] if crossings else [0.0, 120.0, 600.0]),
        crossings=tuple(crossings),
        gates=tuple(GateRecord(gate=g, direction=Direction.A, smp_h=9.0, coverage=1.0, **period) for g in inward),
        zones=(ZoneRecord(zone="masuk", level=Level.FREE, speed_kmh=30.0, coverage=1.0, **period),),
    )


def write_history(pool: ConnectionPool, dice: random.Random) -> None:
    """Store the history with a long gap, roll up what is there, and store what comes late."""
    gap = range(dice.randrange(60, 90), 120)
    events = [
        Event.wrap(_report(dice, at, GATES), at)
        for k in range(DAYS * 144)
        if k not in gap and dice.random() < 0.93
        for at in [BEGIN + timedelta(minutes=10 * k)]
    ]
    late = [event for event in events if dice.random() < 0.05]
    on_time = [event for event in events if event not in late]
    for part in (on_time, late):
        for first in range(0, len(part), 50):
            EventWriter(pool).write(part[first : first + 50])
        if part is on_time:
            while refresh(pool, JAKARTA, at_once=True):
                pass
