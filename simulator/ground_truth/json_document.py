"""Ground truth as the JSON document that `simpang evaluate` reads."""

from typing import Any

from analytics.ground_truth import GroundTruth, GroundTruthIncident


def ground_truth_json(truth: GroundTruth) -> dict[str, Any]:
    """Ground truth as the JSON document that `pipelines.recordings.evaluate.ground_truth_io` reads."""
    return {
        "duration_s": round(truth.duration_s, 3),
        "crossings": [
            {
                "t": round(c.t, 3),
                "gate": c.gate,
                "direction": c.direction.value,
                "class": c.road_user.value,
                "speed_kmh": None if c.speed_kmh is None else round(c.speed_kmh, 2),
                "optional": c.optional,
            }
            for c in truth.crossings
        ],
        "incidents": [_incident_json(i) for i in truth.incidents],
        "ignored_incidents": [_incident_json(i) for i in truth.ignored_incidents],
        "intervals": [
            {
                "zone": i.zone,
                "start_s": i.start_s,
                "vehicles": i.vehicles,
                "flow_veh_h": _rounded(i.flow_veh_h),
                "speed_kmh": _rounded(i.speed_kmh),
                "density_veh_km_lane": _rounded(i.density_veh_km_lane),
                "level_by_speed": None if i.level is None else i.level.value,
            }
            for i in truth.intervals
        ],
        "unseen": [[round(start, 2), round(end, 2)] for start, end in truth.unseen],
    }


def _incident_json(incident: GroundTruthIncident) -> dict[str, Any]:
    return {
        "type": incident.type.value,
        "start_s": round(incident.start_s, 2),
        "end_s": None if incident.end_s is None else round(incident.end_s, 2),
        "zone": incident.zone,
        "onset_range_s": None if incident.onset_s is None else [round(s, 2) for s in incident.onset_s],
        "area": None if incident.area is None else [round(pixel, 1) for pixel in incident.area],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
