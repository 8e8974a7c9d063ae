"""Manual counts from a file, beside the counts of a gate in the same periods (extra `planner`)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from models.text.csv_rows import read_csv
from pipelines.errors import UserError
from pipelines.query.city import City

MINUTE = timedelta(minutes=1)
"""Shortest interval of counts."""


@dataclass(frozen=True, slots=True)
class ManualPeriod:
    """Vehicles of a period by hand, and by a gate; None where not all of the period was observed."""

    begin: datetime
    end: datetime
    manual: int
    counted: int | None

    @property
    def hours(self) -> float:
        return (self.end - self.begin) / timedelta(hours=1)


def manual_periods(city: City, camera_id: str, gate: str, path: Path) -> list[ManualPeriod]:
    """Return the periods of a file with the columns start, end (local times, whole minutes) and vehicles.

    Raises UserError, with the row, for a file that cannot be read.
    """
    try:
        table = read_csv(path.read_text(encoding="utf-8-sig"))
        rows = [_row(row.cells, city.zone) for row in table.rows]
    except (ValueError, KeyError) as error:
        raise UserError(f"{path}: {error}; give start and end as 2026-11-30T06:00, and vehicles as a number") from None
    if not rows:
        raise UserError(f"{path}: there is no period; give rows with start, end and vehicles")
    found = []
    for begin, end, manual in rows:
        frame = city.gates(
            from_at=begin, to_at=end, interval_s=_interval_s(begin, end), cameras=(camera_id,), gates=frozenset({gate})
        )
        is_whole = frame["coverage"].min() == 1 and frame["vehicles"].null_count() == 0
        found.append(ManualPeriod(begin, end, manual, int(frame["vehicles"].sum()) if is_whole else None))
    return found


def _interval_s(*edges: datetime) -> int:
    """Return the longest interval at whose edges the period begins and ends."""
    return next(length for length in (900, 300, 60) if all(at.minute * 60 % length == 0 for at in edges))


def _row(cells: dict[str, str], zone: ZoneInfo) -> tuple[datetime, datetime, int]:
    begin, end = (datetime.fromisoformat(cells[name]) for name in ("start", "end"))
    begin, end = (at if at.tzinfo else at.replace(tzinfo=zone) for at in (begin, end))
    if begin >= end or begin.second or end.second:
        raise ValueError(f"{cells['start']} to {cells['end']} is no period of whole minutes")
    vehicles = int(cells["vehicles"])
    if vehicles < 0:
        raise ValueError(f"{vehicles} vehicles")
    return begin, end, vehicles
