"""Parts of one camera: what is reported when its pipeline is made."""

import json
from pathlib import Path

from pydantic import SecretStr

from pipelines.config.settings import CameraConfig, Config
from pipelines.events.condition import Condition
from pipelines.ingest.frame_buffer import DroppedFrames
from pipelines.worker.camera_health import CameraHealth
from pipelines.worker.camera_parts import make_parts


def test_a_gate_at_the_edge_of_the_picture_is_a_condition_of_its_camera(tmp_path: Path) -> None:
    gates = [{"id": "north", "p1": [0, 355], "p2": [640, 355]}, {"id": "south", "p1": [0, 180], "p2": [640, 180]}]
    geometry = tmp_path / "camera.json"
    geometry.write_text(json.dumps({"image_size": [640, 360], "gates": gates}))
    camera = CameraConfig(id="kuda", name="Kuda", url=SecretStr("rtsp://127.0.0.1/live"), geometry=geometry)
    health = CameraHealth("kuda", 5.0)
    config = Config(cameras=(camera,), data_dir=tmp_path)
    parts = make_parts(camera, config, health, on_put=lambda: None, send=lambda _: None)
    parts.slot.make_pipeline((320, 180))
    health.received((320, 180))
    report = health.report(DroppedFrames())
    assert report.condition is Condition.GATE_AT_EDGE
    assert report.details is not None
    assert report.details.shape_id == "north"
