"""A scenario of one car that crosses one gate."""

import gzip
import json

import pytest

CAMERA = {"image_size": [640, 360], "gates": [{"id": "g", "p1": [0, 180], "p2": [640, 180]}]}
TRUTH = {
    "duration_s": 10.0,
    "crossings": [{"t": 4.0, "gate": "g", "direction": "A", "class": "car"}],
    "incidents": [{"type": "wrong_way", "start_s": 3.0, "end_s": 6.0}],
}


def one_car_driving_down():
    """100 frames at 10 a second; its bottom edge passes v = 180 at t = 4."""
    for k in range(100):
        v = 100 + 20 * k / 10
        yield {"t": k / 10, "boxes": [[300, v - 40, 360, v, 0.9, "car"]]}


@pytest.fixture
def scenario(tmp_path):
    folder = tmp_path / "one_car"
    folder.mkdir()
    (folder / "camera.json").write_text(json.dumps(CAMERA))
    (folder / "truth.json").write_text(json.dumps(TRUTH))
    with gzip.open(folder / "detections.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(frame) + "\n" for frame in one_car_driving_down())
    return folder
