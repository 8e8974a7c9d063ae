"""OTVision's tracker and OTAnalytics' events over given detections, in the peer's environment.

    in_peer_environment.py DETECTIONS.jsonl.gz CAMERA.json WORK_FOLDER

Both with default settings. Prints the crossings as JSON, in the format of `simpang replay`. A crossing is that of the
bottom centre of the box, as ours.
"""

import bz2
import contextlib
import gzip
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from OTAnalytics.plugin_ui.application_starter import ApplicationStarter
from OTVision.helpers.files import write_json
from OTVision.track.track import main as track

ROAD_USERS = ["car", "motorcycle", "bus", "truck", "bicycle", "person"]
"""Classes of the detections; their order is free."""
START = 1704067200.0
"""Start of the recording in Unix seconds: 2024-01-01 in UTC, the date in `STEM`."""
STEM = "peer_FR20_2024-01-01_00-00-00"
"""Stem of the files; OTVision reads frame rate and start from it."""


def main() -> None:
    detections, camera_path, work = (Path(argument) for argument in sys.argv[1:])
    camera = json.loads(camera_path.read_text())
    with contextlib.redirect_stdout(sys.stderr):
        write_otdet(detections, camera, work)
        track([work / f"{STEM}.otdet"], overwrite=True)
        write_otflow(camera, work)
        analyse(work)
    json.dump({"crossings": crossings(camera, work)}, sys.stdout)


def write_otdet(detections: Path, camera: dict[str, Any], work: Path) -> None:
    """Write the detections in the format of OTVision."""
    with gzip.open(detections, "rt") as file:
        rows = [json.loads(line) for line in file]
    width, height = camera["image_size"]
    fps = (len(rows) - 1) / (rows[-1]["t"] - rows[0]["t"])
    seconds = int(rows[-1]["t"]) + 1
    video = {
        "filename": STEM,
        "filetype": ".mp4",
        "width": width,
        "height": height,
        "recorded_fps": fps,
        "actual_fps": fps,
        "number_of_frames": len(rows),
        "recorded_start_date": START,
        "length": f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}",
        "expected_duration": seconds,
    }
    model = {"name": "given", "weights": "given", "iou_threshold": 0.45, "image_size": 640, "max_confidence": 0.25}
    model |= {"half_precision": False, "classes": dict(enumerate(ROAD_USERS))}
    detection = {"otvision_version": "0.5.5", "model": model, "chunksize": 1, "normalized_bbox": False}
    data = {
        str(number): {"occurrence": START + row["t"], "detections": [as_detection(box) for box in row["boxes"]]}
        for number, row in enumerate(rows, start=1)
    }
    content = {"metadata": {"otdet_version": "1.2", "video": video, "detection": detection}, "data": data}
    write_json(content, work / f"{STEM}.otdet", filetype=".otdet", overwrite=True)


def as_detection(box: list[Any]) -> dict[str, Any]:
    x1, y1, x2, y2, confidence, label = box
    box_centre = {"x": (x1 + x2) / 2, "y": (y1 + y2) / 2, "w": x2 - x1, "h": y2 - y1}
    return {"class": label, "confidence": confidence, **box_centre}


def write_otflow(camera: dict[str, Any], work: Path) -> None:
    sections = [
        {
            "id": gate["id"],
            "name": gate["id"],
            "type": "line",
            "relative_offset_coordinates": {"section-enter": {"x": 0.5, "y": 1.0}},
            "coordinates": [{"x": u, "y": v} for u, v in (gate["p1"], gate["p2"])],
            "plugin_data": {},
        }
        for gate in camera["gates"]
    ]
    (work / f"{STEM}.otflow").write_text(json.dumps({"sections": sections, "flows": []}))


def analyse(work: Path) -> None:
    files = ["--ottrks", str(work / f"{STEM}.ottrk"), "--otflow", str(work / f"{STEM}.otflow")]
    output = [
        "--save-dir",
        str(work),
        "--save-name",
        STEM,
        "--event-formats",
        "otevents",
        "--logfile",
        str(work / "log"),
    ]
    skipped = ["--no-track-export", "--no-track-statistics-export", "--num-processes", "1"]
    sys.argv = ["OTAnalytics", "--cli", *files, *output, *skipped]
    ApplicationStarter().start()


def seconds_since_start(occurrence: str) -> float:
    return datetime.strptime(occurrence, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp() - START


def crossings(camera: dict[str, Any], work: Path) -> list[dict[str, Any]]:
    """Return the first crossing of each road user for each gate and direction, as the ground truth counts."""
    lines = {gate["id"]: [b - a for a, b in zip(gate["p1"], gate["p2"], strict=True)] for gate in camera["gates"]}
    (path,) = work.glob("*.otevents")
    first: dict[tuple[Any, ...], dict[str, Any]] = {}
    for event in json.loads(bz2.decompress(path.read_bytes()))["event_list"]:
        if event["event_type"] == "section-enter":
            along_u, along_v = lines[event["section_id"]]
            move_u, move_v = event["direction_vector"]
            row = {
                "t": seconds_since_start(event["interpolated_occurrence"]),
                "gate": event["section_id"],
                "direction": "A" if along_u * move_v - along_v * move_u > 0 else "B",
                "class": event["road_user_type"],
                "track": event["road_user_id"],
                "speed_kmh": None,
            }
            key = row["track"], row["gate"], row["direction"]
            if key not in first or row["t"] < first[key]["t"]:
                first[key] = row
    return list(first.values())


if __name__ == "__main__":
    main()
