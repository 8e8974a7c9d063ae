"""Crossings of supervision's LineZone with ByteTrack of the package `trackers`, both with default settings."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import supervision as sv
from trackers import ByteTrackTracker

from analytics.camera import Camera, Gate
from analytics.geometry.plane import side_of_line
from analytics.road_users import ROAD_USERS
from pipelines.recordings.detection_replay import RecordedFrame


def crossings(frames: Iterable[RecordedFrame], camera: Camera) -> list[dict[str, Any]]:
    """Return crossings from given detections, at the bottom centre of each box, as in the ground truth."""
    tracker, found = ByteTrackTracker(), []
    gates = [(gate, line_zone(gate)) for gate in camera.gates]
    for frame in frames:
        detections = frame.detections
        tracked = tracker.update(
            sv.Detections(
                xyxy=detections.xyxy.copy(),
                confidence=detections.confidence.copy(),
                class_id=detections.class_id.copy(),
            )
        )
        for gate, line in gates:
            came_in, went_out = line.trigger(tracked)
            found += [crossing(frame.t, gate, tracked, int(k)) for k in np.flatnonzero(came_in | went_out)]
    return found


def line_zone(gate: Gate) -> sv.LineZone:
    return sv.LineZone(sv.Point(*gate.p1), sv.Point(*gate.p2), triggering_anchors=[sv.Position.BOTTOM_CENTER])


def crossing(t: float, gate: Gate, tracked: sv.Detections, k: int) -> dict[str, Any]:
    assert tracked.class_id is not None
    assert tracked.tracker_id is not None
    x1, _, x2, y2 = tracked.xyxy[k]
    side = side_of_line(gate.p1, gate.p2, [((x1 + x2) / 2, y2)])[0]
    return {
        "t": t,
        "gate": gate.id,
        "direction": "A" if side > 0 else "B",
        "class": ROAD_USERS[tracked.class_id[k]].value,
        "track": int(tracked.tracker_id[k]),
        "speed_kmh": None,
    }
