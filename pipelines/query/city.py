"""History of a city as polars frames: gates, zones and movements, with coverage and gaps stated (extra `planner`).

Every row has `camera_id`, `start_at` and `end_at` (in the time zone of the city) and `coverage`, the observed share of
the interval (0..1). What was not observed is null, never 0; so are counts whose crossings are deleted by the
configuration (`retention`), and those of a gate before it was drawn. Counts are of what was observed and are not scaled
up; flows are vehicles per hour of observed time. `COLUMNS` has unit and definition of each measure.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
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
from pipelines.query.history_rows import Counts, HistoryInterval
from pipelines.query.local_hours import local_hours
from pipelines.query.movement_counts import movement_intervals
from pipelines.query.place import Place, intervals_of_gate, intervals_of_zone, places
from pipelines.query.request import Request
from pipelines.store.pool import open_database, transaction

COLUMNS: dict[str, str] = {
    "camera_id": "Camera.",
    "gate": "Gate of the camera; both directions.",
    "zone": "Zone of the camera.",
    "origin": "Arm by which road users entered the junction; null where the movements of the interval are not known.",
    "destination": "Arm by which they left on the same track; null where the track was lost.",
    "start_at": "Beginning of the interval.",
    "end_at": "End of the interval.",
    "coverage": "Share of the interval that was observed, 0..1.",
    **dict.fromkeys(ROAD_USERS, "Crossings of the class as observed; not scaled up by coverage."),
    "vehicles": "Crossings of the requested classes without persons.",
    **{name: measure.text for kind in (ZoneMeasures, GateMeasures) for name, measure in measures_of(kind).items()},
    "flow_veh_h": "Vehicles of all classes (no persons) per hour of observed time. Unit: veh/h.",
    "speed_kmh": "Space-mean speed. Unit: km/h.",
    "observed": "Vehicles of the hour, scaled up to all of it; null with less than 80 % observed. Unit: vehicles.",
    "usual": "Median of the same weekday and hour, or of holidays. Unit: vehicles.",
    "volume": "As observed; else imputed (`is_imputed`) or forecast. Unit: vehicles.",
    "is_imputed": "Whether the volume is an estimate for an hour without observation.",
    "low": "Lower end of the 95 % interval of the volume. Unit: vehicles.",
    "high": "Upper end of the 95 % interval of the volume. Unit: vehicles.",
}
"""Unit and definition of each column."""

_TEXTS = {"sight": pl.String, "level": pl.String, "level_of_service": pl.String, "emp_verified": pl.Boolean}
"""Types of the measures that are no numbers."""
MAX_ROWS = 2_000_000
"""Most rows of a frame, 0.5 GB at 250 bytes each. [assumption]"""


class City:
    """Cameras of a configuration, and what its database has of them. Days and hours are those of the city.

    max_rows: most rows of a frame.
    """

    def __init__(self, config: Config, pool: ConnectionPool, *, max_rows: int = MAX_ROWS) -> None:
        self.config = config
        self.pool = pool
        self.max_rows = max_rows

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
        wanted = self.answerable(request or self.request(**parameters))
        chosen = list(self._gates(wanted))
        self._limit(wanted, len(chosen))

        def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
            return _frame(rows, "gate", [*wanted.classes, "vehicles"], list(measures_of(GateMeasures)), self.zone)

        frames = [frame([])]
        with transaction(self.pool) as connection:
            for place, gate in chosen:
                intervals = intervals_of_gate(connection, wanted, place.camera_id, gate)
                frames.append(frame([_gate_row(place.camera_id, gate, row, wanted.classes) for row in intervals]))
        return pl.concat(frames)

    def zones(self, request: Request | None = None, **parameters: Any) -> pl.DataFrame:
        """Return measures of all zones of the cameras. Parameters: see `gates`, which must be None."""
        wanted = self._without_gates(request or self.request(**parameters))
        chosen = [(place.camera_id, zone) for place in places(self.config, wanted.cameras) for zone in place.zones]
        self._limit(wanted, len(chosen))

        def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
            return _frame(rows, "zone", [], list(measures_of(ZoneMeasures)), self.zone)

        frames = [frame([])]
        with transaction(self.pool) as connection:
            for camera_id, zone in chosen:
                intervals = intervals_of_zone(connection, wanted, camera_id, zone)
                frames.append(frame([{"camera_id": camera_id, "zone": zone, **vars(row)} for row in intervals]))
        return pl.concat(frames)

    def movements(self, request: Request | None = None, **parameters: Any) -> pl.DataFrame:
        """Return turning movements of the junctions: origin, destination and a column for each class.

        A row for each movement that occurred, and one without origin and counts for each interval whose movements are
        not known. All destinations of an origin, with the null of lost tracks, are the inward crossings of its gates.
        Parameters: see `gates`, which must be None. Raises UserError where no camera shows a junction.
        """
        wanted = self._without_gates(request or self.request(**parameters))
        chosen = [place for place in places(self.config, wanted.cameras) if place.arms]
        if not chosen:
            raise UserError("none of the cameras shows a junction; give its gates a role and an arm in camera.json")
        self._limit(wanted, len(chosen))
        schema: dict[str, Any] = {
            **dict.fromkeys(("camera_id", "origin", "destination"), pl.String),
            **dict.fromkeys(("start_at", "end_at"), pl.Datetime("us", "UTC")),
            "coverage": pl.Float64,
            **dict.fromkeys([*map(str, wanted.classes), "vehicles"], pl.Int64),
        }
        frames = [pl.DataFrame(schema=schema)]
        with transaction(self.pool) as connection:
            for place in chosen:
                for span in wanted.spans(place.camera_id):
                    rows = [
                        {"camera_id": place.camera_id, **vars(row), **_counted(row.counts, wanted.classes)}
                        for row in movement_intervals(connection, span, place.arms)
                        if wanted.includes(row.start_at)
                    ]
                    columns = {name: [row.get(name) for row in rows] for name in schema}
                    frames.append(pl.DataFrame(columns, schema=schema))
        return _in_zone(pl.concat(frames), self.zone).sort("camera_id", "start_at", "origin", "destination")

    def hours(
        self, camera_id: str, gate: str, from_at: date, to_at: date, *, classes: Iterable[RoadUser] = ()
    ) -> LocalHours:
        """Return the hourly vehicles of a gate over whole days, for `analytics.planning`. classes: all but persons."""
        period = self.request(from_at, to_at, interval_s=3600, cameras=(camera_id,), gates=frozenset({gate}))
        request = self.answerable(period)
        list(self._gates(request))
        with transaction(self.pool) as connection:
            return local_hours(intervals_of_gate(connection, request, camera_id, gate), self.zone, frozenset(classes))

    def answerable(self, request: Request) -> Request:
        """Return the request with the time from which crossings are kept."""
        return replace(request, crossings_from=self.config.retention.kept_from("crossings", datetime.now(UTC)))

    def _without_gates(self, request: Request) -> Request:
        if request.gates is not None:
            raise UserError("zones and movements are of whole cameras: leave out the gates, or ask for counts of gates")
        return self.answerable(request)

    def _limit(self, request: Request, series: int) -> None:
        """Raise UserError for more rows than a frame may have."""
        rows = request.intervals * series
        if rows > self.max_rows:
            raise UserError(
                f"that is {rows} rows, and the most are {self.max_rows}: choose a longer interval, a shorter period or "
                "fewer cameras"
            )

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
def open_city(path: str | Path, *, max_rows: int = MAX_ROWS) -> Iterator[City]:
    """Open the database of the city in the configuration file `path`. Raises UserError."""
    config = read_config(Path(path))
    with open_database(config, max_connections=1) as pool:
        yield City(config, pool, max_rows=max_rows)


def _counted(counts: Counts | None, classes: Iterable[RoadUser]) -> dict[str, int | None]:
    """Return the counts of the classes and their sum without persons; nothing where they are unknown."""
    if counts is None:
        return {}
    of_class: dict[str, int] = {str(road_user): counts.get(road_user, 0) for road_user in classes}
    return {**of_class, "vehicles": sum(n for name, n in of_class.items() if name != RoadUser.PERSON)}


def _gate_row(camera_id: str, gate: str, row: HistoryInterval, classes: Iterable[RoadUser]) -> dict[str, Any]:
    return {"camera_id": camera_id, "gate": gate, **vars(row), **_counted(row.counts, classes)}


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
