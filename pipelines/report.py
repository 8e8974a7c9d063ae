"""The JSON that `simpang count` and `simpang replay` write about one recording."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from analytics.camera import Gate
from analytics.facts import Crossing, Fact, Incident, ZoneInterval
from pipelines.errors import BadInput


def build_report(
    *,
    source: str,
    duration_s: float,
    frames: int,
    analysed_frames: int,
    wall_s: float,
    facts: Iterable[Fact],
    gates: Sequence[Gate] = (),
) -> dict[str, Any]:
    """facts: in the order the analyst gave them. gates: names the arms of a junction for `movements`."""
    facts = list(facts)
    crossings = sorted((f for f in facts if isinstance(f, Crossing)), key=lambda c: c.t)
    incidents = {f.number: f for f in facts if isinstance(f, Incident)}
    return {
        "source": source,
        "duration_s": round(duration_s, 3),
        "frames": frames,
        "analysed_frames": analysed_frames,
        "wall_s": round(wall_s, 3),
        "crossings": [_crossing(c) for c in crossings],
        "counts": _counts(crossings),
        "movements": _movements(crossings, gates),
        "intervals": [_interval(f) for f in facts if isinstance(f, ZoneInterval)],
        "incidents": [_incident(i) for i in sorted(incidents.values(), key=lambda i: i.detected_s)],
    }


def write_report(report: dict[str, Any], destination: str) -> None:
    """destination: a path, or `-` for standard output. Raises BadInput where the file cannot be written."""
    text = json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    if destination == "-":
        sys.stdout.write(text)
        return
    try:
        Path(destination).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{destination}: {error.strerror or error}; give a path that can be written") from error


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)


def _crossing(crossing: Crossing) -> dict[str, Any]:
    return {
        "t": round(crossing.t, 3),
        "gate": crossing.gate,
        "direction": crossing.direction.value,
        "class": crossing.road_user.value,
        "track": crossing.track,
        "speed_kmh": _rounded(crossing.speed_kmh),
    }


def _counts(crossings: Iterable[Crossing]) -> list[dict[str, Any]]:
    totals = Counter((c.gate, c.direction.value, c.road_user.value) for c in crossings)
    return [{"gate": g, "direction": d, "class": c, "n": n} for (g, d, c), n in sorted(totals.items())]


def _movements(crossings: Iterable[Crossing], gates: Sequence[Gate]) -> list[dict[str, Any]]:
    """Where road users came from and went, from the gates of each whole trajectory.

    At a junction, whose gates have roles, from the arm of the first entry to the arm of the last exit after it.
    Elsewhere from the first gate to the last, where these differ.
    """
    by_id = {gate.id: gate for gate in gates}
    junction = any(gate.role for gate in gates)
    paths: dict[int, list[Crossing]] = defaultdict(list)
    for crossing in crossings:
        paths[crossing.track].append(crossing)
    totals: Counter[tuple[str, str, str]] = Counter()
    for path in paths.values():
        places = [by_id[c.gate].arm or c.gate if c.gate in by_id else c.gate for c in path]
        first, last = 0, len(path) - 1
        if junction:
            roles = [by_id[c.gate].role if c.gate in by_id else None for c in path]
            first = roles.index("entry") if "entry" in roles else last
            last = len(path) - 1 - roles[::-1].index("exit") if "exit" in roles else first
        if first < last and path[first].gate != path[last].gate:
            totals[places[first], places[last], path[last].road_user.value] += 1
    return [{"from": o, "to": d, "class": c, "n": n} for (o, d, c), n in sorted(totals.items())]


def _interval(interval: ZoneInterval) -> dict[str, Any]:
    return {
        "zone": interval.zone,
        "start_s": interval.start_s,
        "end_s": interval.end_s,
        "flow_veh_h": _rounded(interval.flow_veh_h, 1),
        "speed_kmh": _rounded(interval.speed_kmh),
        "relative_speed": _rounded(interval.relative_speed, 3),
        "density_veh_km_lane": _rounded(interval.density_veh_km_lane),
        "occupancy": _rounded(interval.occupancy, 4),
        "queue_m": _rounded(interval.queue_m, 1),
        "queue_veh": _rounded(interval.queue_veh, 1),
        "level": interval.level.value,
        "coverage": round(interval.coverage, 4),
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "type": incident.type.value,
        "zone": incident.zone,
        "start_s": round(incident.start_s, 2),
        "detected_s": round(incident.detected_s, 2),
        "end_s": _rounded(incident.end_s),
        "pixel": [round(incident.pixel[0], 1), round(incident.pixel[1], 1)],
        "confidence": round(incident.confidence, 3),
        "reason": incident.reason,
    }


def summarise(report: dict[str, Any]) -> str:
    """A few lines for a person at a terminal."""
    lines = [f"{report['analysed_frames']} frames, {report['duration_s']:.1f} s, analysed in {report['wall_s']:.1f} s"]
    lines += [f"{row['gate']} {row['direction']}: {row['n']} {row['class']}" for row in report["counts"]]
    lines += [f"{i['type']} in {i['zone'] or 'view'} from {i['start_s']:.0f} s" for i in report["incidents"]]
    return "\n".join(lines)
