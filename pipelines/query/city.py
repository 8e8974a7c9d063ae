"""History of a city as polars frames: gates, zones and movements, with coverage and gaps stated (extra `planner`).

Every row has `camera_id`, `start_at` and `end_at` (in the time zone of the city) and `coverage`, the observed share of
the interval (0..1). What was not observed is null, never 0. Counts are of what was observed and are not scaled up;
flows are vehicles per hour of observed time. `COLUMNS` has unit and definition of each measure.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from psycopg_pool import ConnectionPool

from analytics.facts import GateMeasures, ZoneMeasures
from analytics.measures import measures_of
from analytics.planning.local_hours import LocalHours
from analytics.road_users import ROAD_USERS, RoadUser
from pipelines.config.config_file import read_config
from pipelines.config.settings import Config
from pipelines.errors import UserError
from pipelines.query.history_rows import HistoryInterval
from pipelines.query.local_hours import local_hours
from pipelines.query.movement_counts import movement_counts
from pipelines.query.place import Place, intervals_of_gate, intervals_of_zone, places
from pipelines.query.request import Request
from pipelines.store.pool import open_database, transaction

COLUMNS: dict[str, str] = {
    "camera_id": "Camera.",
    "gate": "Gate of the camera; both directions.",
    "zone": "Zone of the camera.",
    "origin": "Arm by which road users entered the junction.",
    "destination": "Arm by which they left on the same track; null where the track was lost.",
    "start_at": "Beginning of the interval.",
    "end_at": "End of the interval.",
    "coverage": "Share of the interval that was observed, 0..1.",
    **dict.fromkeys(ROAD_USERS, "Crossings of the class as observed; not scaled up by coverage."),
    "vehicles": "Crossings of the requested classes without persons.",
    **{name: measure.text for kind in (ZoneMeasures, GateMeasures) for name, measure in measures_of(kind).items()},
    "flow_veh_h": "Vehicles of all classes (no persons) per hour of observed time. Unit: veh/h.",
    "speed_kmh": "Space-mean speed. Unit: km/h.",
}
"""Unit and definition of each column."""

_TEXTS = {"sight": pl.String, "level": pl.String, "level_of_service": pl.String, "emp_verified": pl.Boolean}
"""Types of the measures that are no numbers."""


class City:
    """Cameras of a configuration, and what its database has of them. Days and hours are those of the city."""

    def __init__(self, config: Config, pool: ConnectionPool) -> None:
        self.config = config
        self.pool = pool

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.city.timezone)

    def request(self, from_at: datetime | date, to_at: datetime | date, **more: Any) -> Request:
        """Return a request in the time zone of the city. Raises UserError with advice."""
        try:
            return Request(from_at=from_at, to_at=to_at, zone=self.zone, **more)
        except ValueError as error:
            raise UserError(str(error)) from None

    def gates(self, request: Request | None = None, **parameters: Any) -> pl.DataFrame:
        """Return counts and measures of gates, both directions together.

        Give a request, or the parameters of one: `from_at`, `to_at`, `interval_s`, `cameras`, `gates`, `classes`,
        `weekdays`. Columns: see `COLUMNS`.
        """
        wanted = request or self.request(**parameters)
        rows: list[dict[str, Any]] = []
        with transaction(self.pool) as connection:
            for place, gate in self._gates(wanted):
                intervals = intervals_of_gate(connection, wanted, place.camera_id, gate)
                rows += [_gate_row(place.camera_id, gate, row, wanted.classes) for row in intervals]
        return _frame(rows, "gate", [*wanted.classes, "vehicles"], list(measures_of(GateMeasures)), self.zone)

    def zones(self, request: Request | None = None, **parameters: Any) -> pl.DataFrame:
        """Return measures of all zones of the cameras. Parameters: see `gates`."""
        wanted = request or self.request(**parameters)
        rows: list[dict[str, Any]] = []
        with transaction(self.pool) as connection:
            for place in places(self.config, wanted.cameras):
                for zone in place.zones:
                    intervals = intervals_of_zone(connection, wanted, place.camera_id, zone)
                    rows += [{"camera_id": place.camera_id, "zone": zone, **vars(row)} for row in intervals]
        return _frame(rows, "zone", [], list(measures_of(ZoneMeasures)), self.zone)

    def movements(self, request: Request | None = None, **parameters: Any) -> pl.DataFrame:
        """Return turning movements of the junctions: origin, destination and a column for each class.

        A row for each movement that occurred in an observed interval. All destinations of an origin, with the null of
        lost tracks, are the inward crossings of its gates. Parameters: see `gates`; `gates` has no effect.
        Raises UserError where no camera shows a junction.
        """
        wanted = request or self.request(**parameters)
        junctions = [place for place in places(self.config, wanted.cameras) if place.arms]
        if not junctions:
            raise UserError("none of the cameras shows a junction; give its gates a role and an arm in camera.json")
        rows: list[dict[str, Any]] = []
        with transaction(self.pool) as connection:
            for place in junctions:
                for span in wanted.spans(place.camera_id):
                    counts: dict[tuple[int, str, str | None], Counter[str]] = {}
                    for count in movement_counts(connection, span, place.arms):
                        cell = counts.setdefault((count.bucket, count.origin, count.destination), Counter())
                        cell[count.road_user] += count.n
                    for (bucket, origin, destination), of_class in counts.items():
                        if wanted.includes(span.edges[bucket]):
                            row = {"camera_id": place.camera_id, "origin": origin, "destination": destination}
                            period = {"start_at": span.edges[bucket], "end_at": span.edges[bucket + 1]}
                            rows.append({**row, **period, **_classes(of_class, wanted.classes)})
        frame = pl.DataFrame(
            rows,
            schema={
                **dict.fromkeys(("camera_id", "origin", "destination"), pl.String),
                **dict.fromkeys(("start_at", "end_at"), pl.Datetime("us", "UTC")),
                **dict.fromkeys([*map(str, wanted.classes), "vehicles"], pl.Int64),
            },
        )
        return _in_zone(frame, self.zone).sort("camera_id", "start_at", "origin", "destination")

    def hours(
        self, camera_id: str, gate: str, from_at: date, to_at: date, *, classes: Iterable[RoadUser] = ()
    ) -> LocalHours:
        """Return the hourly vehicles of a gate over whole days, for `analytics.planning`. classes: all but persons."""
        request = self.request(from_at, to_at, interval_s=3600, cameras=(camera_id,))
        with transaction(self.pool) as connection:
            return local_hours(intervals_of_gate(connection, request, camera_id, gate), self.zone, frozenset(classes))

    def _gates(self, request: Request) -> Iterator[tuple[Place, str]]:
        """Yield the gates of the request. Raises UserError for one that no camera has."""
        chosen = places(self.config, request.cameras)
        known = {gate.id for place in chosen for gate in place.gates}
        if request.gates is not None and not request.gates <= known:
            unknown = sorted(request.gates - known)[0]
            raise UserError(f"no gate {unknown} here; the gates are {', '.join(sorted(known))}")
        for place in chosen:
            for gate in place.gates:
                if request.gates is None or gate.id in request.gates:
                    yield place, gate.id


@contextmanager
def open_city(path: str | Path) -> Iterator[City]:
    """Open the database of the city in the configuration file `path`. Raises UserError."""
    config = read_config(Path(path))
    with open_database(config, max_connections=1) as pool:
        yield City(config, pool)


def _classes(counts: Counter[Any] | dict[RoadUser, int], classes: Iterable[RoadUser]) -> dict[str, int]:
    of_class: dict[str, int] = {str(road_user): counts.get(road_user, 0) for road_user in classes}
    return {**of_class, "vehicles": sum(n for name, n in of_class.items() if name != RoadUser.PERSON)}


def _gate_row(camera_id: str, gate: str, row: HistoryInterval, classes: Iterable[RoadUser]) -> dict[str, Any]:
    counted = {} if row.counts is None else _classes(row.counts, classes)
    return {"camera_id": camera_id, "gate": gate, **vars(row), **counted}


def _frame(
    rows: list[dict[str, Any]], place: str, counted: list[str], measures: list[str], zone: ZoneInfo
) -> pl.DataFrame:
    """Return the rows as a frame with the same columns whatever they hold."""
    named = [*measures, *(("speed_kmh",) if place == "gate" else ())]
    schema: dict[str, Any] = {
        **dict.fromkeys(("camera_id", place), pl.String),
        **dict.fromkeys(("start_at", "end_at"), pl.Datetime("us", "UTC")),
        "coverage": pl.Float64,
        **dict.fromkeys(counted, pl.Int64),
        **{name: _TEXTS.get(name, pl.Float64) for name in named if name != "coverage"},
    }
    columns = {str(name): [_plain(row.get(name)) for row in rows] for name in schema}
    return _in_zone(pl.DataFrame(columns, schema={str(name): kind for name, kind in schema.items()}), zone)


def _plain(value: Any) -> Any:
    """Return the text of a word of an enumeration; any other value as it is."""
    return str(value) if isinstance(value, str) else value


def _in_zone(frame: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    return frame.with_columns(pl.col("start_at", "end_at").dt.convert_time_zone(zone.key))
