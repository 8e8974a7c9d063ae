"""Report of one recording as JSON, for `simpang count` and `simpang replay` (fields: docs/results.md)."""

import json
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from analytics.camera import Camera
from analytics.facts import Crossing, Direction, Fact, GateInterval, Incident, Trip, ZoneInterval
from analytics.geometry.geodesy import locate
from analytics.measures import measures_of
from analytics.road_users import RoadUser
from analytics.turning.turning_counts import Movement
from pipelines.errors import UserError
from pipelines.events.condition_text import english
from pipelines.events.dropped_fact import DroppedFact, without_unusable_values
from pipelines.events.gate_condition import gate_conditions
from pipelines.recordings.recording_facts import count_movements

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE crossings (t REAL, track INTEGER, gate TEXT, direction TEXT, road_user TEXT, row TEXT);
CREATE TABLE intervals (row TEXT);
CREATE TABLE gate_intervals (row TEXT);
CREATE TABLE trips (track INTEGER PRIMARY KEY, row TEXT);
CREATE TABLE incidents (number INTEGER PRIMARY KEY, detected_s REAL, row TEXT);
CREATE TABLE dropped (row TEXT);
"""
"""Tables of the temporary database. row: JSON text of the fact, as in the report."""

_IN_ORDER = {
    "crossings": "SELECT row FROM crossings ORDER BY t, rowid",
    "intervals": "SELECT row FROM intervals ORDER BY rowid",
    "gate_intervals": "SELECT row FROM gate_intervals ORDER BY rowid",
    "incidents": "SELECT row FROM incidents ORDER BY detected_s, number",
    "dropped": "SELECT row FROM dropped ORDER BY rowid",
}
"""Query of the rows of each list of the report, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Summary of a run over one recording. source: address or path without credentials. wall_s: time it took."""

    source: str
    duration_s: float
    frames: int
    analysed_frames: int
    wall_s: float

    def as_json(self) -> dict[str, Any]:
        """Return the summary with rounded times."""
        return {**asdict(self), "duration_s": round(self.duration_s, 3), "wall_s": round(self.wall_s, 3)}


class Report:
    """Collector of facts in a temporary file, so that memory does not grow with the recording. A context manager."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def add(self, facts: Iterable[Fact]) -> None:
        """Add facts, in the order in which the analyzer emits them. One without a valid row goes to `dropped`."""
        for fact in facts:
            usable, removed = without_unusable_values(fact)
            if removed:
                self._insert("dropped", _text(DroppedFact.of_values(fact, removed).as_json()))
            try:
                self._add(usable)
            except (ValueError, TypeError, OverflowError) as error:
                self._insert("dropped", _text(DroppedFact.of(fact, error).as_json()))

    def _add(self, fact: Fact) -> None:
        match fact:
            case Crossing():
                place = (fact.t, fact.track, fact.gate, fact.direction, fact.road_user)
                self._insert("crossings", *place, _text(_crossing(fact)))
            case ZoneInterval():
                self._insert("intervals", _text(_interval(fact)))
            case GateInterval():
                self._insert("gate_intervals", _text(_gate_interval(fact)))
            case Incident():
                self._insert("incidents", fact.number, fact.detected_s, _text(_incident(fact, self._camera)))
            case Trip():
                self._insert("trips", fact.track, _text(asdict(fact)))

    def _insert(self, table: str, *values: float | str) -> None:
        marks = ", ".join("?" * len(values))
        self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)  # noqa: S608

    def as_dict(self, run: Run) -> dict[str, Any]:
        """Return the whole report, in memory."""
        rows = {name: [json.loads(row) for row in self._rows(name)] for name in _IN_ORDER}
        return {**run.as_json(), **rows, **self._lists()}

    def _lists(self) -> dict[str, list[dict[str, Any]]]:
        """Return the lists that are short, whatever the length of the recording."""
        return {"warnings": gate_warnings(self._camera), "counts": self.counts(), "movements": self._movements()}

    def write(self, run: Run, destination: str) -> None:
        """Write the report row by row.

        destination: a path, or `-` for standard output. Raises UserError where the file cannot be written.
        """
        _write(self._lines(run), destination)

    def _lines(self, run: Run) -> Iterator[str]:
        """Yield the JSON text of `as_dict`, one row a line."""
        summary = {**run.as_json(), **self._lists()}
        yield "{"
        for name, value in summary.items():
            rows = map(_text, value) if isinstance(value, list) else None
            yield from [f"{_text(name)}: {_text(value)},"] if rows is None else _array(name, rows, last=False)
        for name in _IN_ORDER:
            yield from _array(name, self._rows(name), last=name == list(_IN_ORDER)[-1])
        yield "}"

    def _rows(self, name: str) -> Iterator[str]:
        with closing(self._db.execute(_IN_ORDER[name])) as found:
            for (row,) in found:
                yield row

    def counts(self) -> list[dict[str, Any]]:
        """Return the number of crossings by gate, direction and class."""
        found = self._db.execute(
            "SELECT gate, direction, road_user, count(*) FROM crossings GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        return [dict(zip(("gate", "direction", "class", "n"), row, strict=True)) for row in found]

    def incidents(self) -> list[dict[str, Any]]:
        """Return the incidents in their last state."""
        return [json.loads(row) for row in self._rows("incidents")]

    def dropped(self) -> list[DroppedFact]:
        """Return the facts without a valid row, in the order in which they came."""
        return [DroppedFact.from_json(json.loads(row)) for row in self._rows("dropped")]

    def _movements(self) -> list[dict[str, Any]]:
        found = self._db.execute(
            "SELECT t, gate, direction, road_user, track, trips.row FROM crossings LEFT JOIN trips USING (track) "
            "ORDER BY track, t, crossings.rowid"
        )
        tracks = (self._track(rows) for _, rows in groupby(found, key=itemgetter(4)))
        return [_movement(movement) for movement in count_movements(self._camera.gates, tracks)]

    @staticmethod
    def _track(rows: Iterable[tuple[Any, ...]]) -> tuple[list[Crossing], Trip | None]:
        """Return the crossings of one track, in order of time, and its trip."""
        crossings, trips = [], []
        for t, gate, direction, road_user, track, trip in rows:
            crossings.append(
                Crossing(t=t, gate=gate, direction=Direction(direction), road_user=RoadUser(road_user), track=track)
            )
            trips.append(trip)
        return crossings, None if trips[0] is None else _trip(trips[0])


def gate_warnings(camera: Camera) -> list[dict[str, Any]]:
    """Return one row for each kind of fault of gates that cannot count."""
    return [
        {"code": fault.code.value, "gates": fault.details.shape_id, "text": english(fault)}
        for fault in gate_conditions(camera)
    ]


def build_report(run: Run, facts: Iterable[Fact], camera: Camera) -> dict[str, Any]:
    """Return the report of all facts, in memory. facts: in the order in which the analyzer emits them."""
    with Report(camera) as report:
        report.add(facts)
        return report.as_dict(run)


def write_report(report: dict[str, Any], destination: str) -> None:
    """Write a report that is in memory.

    destination: a path, or `-` for standard output. Raises UserError where the file cannot be written.
    """
    _write([json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1)], destination)


def _write(lines: Iterable[str], destination: str) -> None:
    if destination == "-":
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return
    try:
        with Path(destination).open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise UserError(f"{destination}: {error.strerror or error}; give a path that can be written") from error


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _array(name: str, rows: Iterable[str], *, last: bool) -> Iterator[str]:
    yield f"{_text(name)}: ["
    before = None
    for row in rows:
        if before is not None:
            yield f" {before},"
        before = row
    if before is not None:
        yield f" {before}"
    yield "]" if last else "],"


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)


def _crossing(crossing: Crossing) -> dict[str, Any]:
    return {
        "t": round(crossing.t, 3),
        "gate": crossing.gate,
        "direction": crossing.direction.value,
        "class": crossing.road_user.value,
        "track": crossing.track,
        **_measures(crossing),
    }


def _measures(fact: Crossing | GateInterval | ZoneInterval) -> dict[str, Any]:
    """Measures of a fact by name, with the decimals that `analytics.facts` states."""
    kind: type = type(fact)
    return {name: measure.rounded(getattr(fact, name)) for name, measure in measures_of(kind).items()}


def _trip(row: str) -> Trip:
    kept = json.loads(row)
    return Trip(**kept | {"road_user": RoadUser(kept["road_user"])})


def _movement(movement: Movement) -> dict[str, Any]:
    return {
        "from": movement.origin,
        "to": movement.destination,
        "class": movement.road_user.value,
        "n": movement.observed + movement.estimated,
        "observed": movement.observed,
        "estimated": movement.estimated,
    }


def _interval(interval: ZoneInterval) -> dict[str, Any]:
    return {
        "zone": interval.zone,
        "start_s": interval.start_s,
        "end_s": interval.end_s,
        **_measures(interval),
    }


def _gate_interval(interval: GateInterval) -> dict[str, Any]:
    return {
        "gate": interval.gate,
        "direction": interval.direction.value,
        "start_s": interval.start_s,
        "end_s": interval.end_s,
        **_measures(interval),
    }


def _incident(incident: Incident, camera: Camera) -> dict[str, Any]:
    position = locate(camera, incident.pixel, incident.ground)
    ground = incident.ground
    return {
        "type": incident.type.value,
        "zone": incident.zone,
        "start_s": round(incident.start_s, 2),
        "detected_s": round(incident.detected_s, 2),
        "end_s": _rounded(incident.end_s),
        "pixel": [round(incident.pixel[0], 1), round(incident.pixel[1], 1)],
        "ground": None if ground is None else [round(ground[0], 2), round(ground[1], 2)],
        "position": None if position is None else {"lat": round(position.lat, 7), "lon": round(position.lon, 7)},
        "confidence": round(incident.confidence, 3),
        "reason": incident.reason,
    }


def summarise(run: Run, report: Report) -> str:
    """Return a few lines for a terminal: frames, counts and incidents."""
    lines = [f"{run.analysed_frames} frames, {run.duration_s:.1f} s, analysed in {run.wall_s:.1f} s"]
    lines += [f"{row['gate']} {row['direction']}: {row['n']} {row['class']}" for row in report.counts()]
    lines += [f"{i['type']} in {i['zone'] or 'view'} from {i['start_s']:.0f} s" for i in report.incidents()]
    return "\n".join(lines)
