"""Read ground truth files, and reports of other programs, from JSON."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analytics.facts import Crossing, Direction, Incident, IncidentType, Level, ZoneInterval
from analytics.ground_truth import GroundTruth, GroundTruthCrossing, GroundTruthIncident, GroundTruthInterval
from analytics.road_users import RoadUser
from pipelines.config.geometry_file import GateEntry
from pipelines.config.text_file import parse_json, read_text
from pipelines.errors import UserError, first_problem
from pipelines.recordings.recording_facts import RecordingFacts


class _Entry(BaseModel):
    """Part of a ground truth file. Other keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class CrossingEntry(_Entry):
    t: float
    gate: str
    direction: Direction
    road_user: RoadUser = Field(alias="class")
    alternative: RoadUser | None = Field(default=None, alias="alt_class")
    optional: bool = False
    speed_kmh: float | None = None


class IncidentEntry(_Entry):
    type: IncidentType
    start_s: float
    end_s: float | None = None
    zone: str | None = None
    onset_s: tuple[float, float] | None = Field(default=None, alias="onset_range_s")
    detectable_s: float | None = None
    area: tuple[float, float, float, float] | None = None


class IntervalEntry(_Entry):
    zone: str
    start_s: float
    vehicles: int = 0
    flow_veh_h: float | None = None
    speed_kmh: float | None = None
    density_veh_km_lane: float | None = None
    occupancy: float | None = None
    queue_m: float | None = None
    level: Level | None = Field(default=None, alias="level_by_speed")


class MovementEntry(_Entry):
    origin: str = Field(alias="from")
    destination: str = Field(alias="to")
    n: int


class GroundTruthFile(_Entry):
    """The ground truth file of a recording. clip, width, height, gates: only for a video."""

    clip: str | None = None
    width: int | None = None
    height: int | None = None
    gates: tuple[GateEntry, ...] = ()
    duration_s: float = Field(gt=0)
    count_from_s: float = float("-inf")
    count_until_s: float = float("inf")
    crossings: tuple[CrossingEntry, ...] = ()
    incidents: tuple[IncidentEntry, ...] = ()
    ignored_incidents: tuple[IncidentEntry, ...] = ()
    intervals: tuple[IntervalEntry, ...] = ()
    movements: tuple[MovementEntry, ...] = ()
    unseen: tuple[tuple[float, float], ...] = ()

    def ground_truth(self) -> GroundTruth:
        return GroundTruth(
            duration_s=self.duration_s,
            crossings=tuple(GroundTruthCrossing(**entry.model_dump()) for entry in self.crossings),
            incidents=tuple(GroundTruthIncident(**entry.model_dump()) for entry in self.incidents),
            ignored_incidents=tuple(GroundTruthIncident(**entry.model_dump()) for entry in self.ignored_incidents),
            intervals=tuple(GroundTruthInterval(**entry.model_dump()) for entry in self.intervals),
            movements=_cells(self.movements) if self.movements else None,
            from_s=self.count_from_s,
            until_s=self.count_until_s,
            unseen=self.unseen,
        )


def read_ground_truth(path: Path) -> GroundTruthFile:
    """Read and validate a ground truth file. Raises UserError, one line that names the file and the key."""
    text = read_text(path, expected="a folder of truth files")
    try:
        return GroundTruthFile.model_validate(parse_json(text))
    except ValidationError as error:
        raise UserError(f"{path}: {first_problem(error)}") from error
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}); is it a truth file?") from error


def facts_of_report(report: dict[str, Any]) -> RecordingFacts:
    """Facts from the JSON of `simpang count` or `simpang replay`, or of another program in that format."""
    return RecordingFacts(
        crossings=tuple(_crossing(row) for row in report["crossings"]),
        intervals=tuple(_interval(row) for row in report["intervals"]),
        incidents=tuple(_incident(number, row) for number, row in enumerate(report["incidents"])),
        movements=_cells(MovementEntry.model_validate(row) for row in report["movements"]),
    )


def _crossing(row: dict[str, Any]) -> Crossing:
    return Crossing(
        t=row["t"],
        gate=row["gate"],
        direction=Direction(row["direction"]),
        road_user=RoadUser(row["class"]),
        track=row["track"],
        speed_kmh=row["speed_kmh"],
        speed_sigma_kmh=row.get("speed_sigma_kmh"),
    )


def _interval(row: dict[str, Any]) -> ZoneInterval:
    fields = ZoneInterval.__dataclass_fields__
    return ZoneInterval(**{key: value for key, value in row.items() if key in fields} | {"level": Level(row["level"])})


def _incident(number: int, row: dict[str, Any]) -> Incident:
    return Incident(
        number=number,
        type=IncidentType(row["type"]),
        zone=row["zone"],
        start_s=row["start_s"],
        detected_s=row["detected_s"],
        end_s=row["end_s"],
        pixel=tuple(row["pixel"]),
        ground=None,
        confidence=row["confidence"],
        reason=row.get("reason", ""),
    )


def _cells(movements: Iterable[MovementEntry]) -> dict[tuple[str, str], int]:
    cells: Counter[tuple[str, str]] = Counter()
    for movement in movements:
        cells[movement.origin, movement.destination] += movement.n
    return dict(cells)
