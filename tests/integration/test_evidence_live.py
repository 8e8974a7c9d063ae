"""Packages of evidence from a running worker, over real RTSP connections, for H.264 and H.265."""

import json
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest
from pydantic import SecretStr

from analytics.facts import IncidentType
from pipelines.config.evidence_section import EvidenceConfig
from pipelines.config.settings import CameraConfig, Config
from pipelines.events.schema import Event, IncidentPhase, IncidentReport
from pipelines.evidence.sealing import EvidenceStore
from pipelines.evidence.verifier.container import read_package
from pipelines.evidence.verifier.verify_command import verify
from pipelines.worker.worker import Worker
from tests.support.bright_detector import BrightDetector
from tests.support.servers import RtspCameras, wait_until, write_clip

pytestmark = pytest.mark.integration


def incident(camera_id: str) -> IncidentReport:
    now = datetime.now(UTC)
    return IncidentReport(
        camera_id=camera_id,
        incident_id=f"{camera_id}-incident",
        phase=IncidentPhase.RAISED,
        type=IncidentType.COLLISION,
        start_at=now,
        detected_at=now,
        pixel=(1, 2),
        confidence=0.9,
        reason="test",
    )


def test_an_incident_becomes_a_package_that_verifies(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    cameras = []
    for name, codec in (("kuda", "libx264"), ("kabil", "libx265")):
        write_clip(rtsp_cameras.folder / f"{name}.mp4", codec=codec, seconds=8, keyframe_s=0.5)
        url = SecretStr(rtsp_cameras.url(f"{name}.mp4"))
        cameras.append(CameraConfig(id=name, name=name, url=url))
    evidence = EvidenceConfig(enabled=True, before_s=1, after_s=1)
    config = Config(data_dir=tmp_path, cameras=tuple(cameras), evidence=evidence)
    events: list[Event] = []
    store = EvidenceStore(tmp_path / "evidence")
    with Worker(config, BrightDetector(0.3), events.append) as worker:
        recorded = [camera.parts.recorded for camera in worker._running.values()]
        assert None not in recorded
        for part in recorded:
            wait_until(lambda part=part: part.ring.newest_at, "packets")
        wait_until(lambda: len({event.subject for event in events}) == 2, "events of both cameras")
        before = len(events)
        for part in recorded:
            part.observe(incident(part.config.id))
        wait_until(lambda: len(store.packages()) == 2, "two packages")
        wait_until(lambda: len(events) > before, "the analysis goes on")
    for name, codec in (("kuda", "h264"), ("kabil", "hevc")):
        path = store.path_of(f"{name}-incident")
        assert verify(path, [store.keyring.public_file]).findings == ()
        files = read_package(path).files
        manifest = json.loads(bytes(files["manifest.json"]))
        assert manifest["clip"]["codec"] == codec and manifest["clip"]["frames"] > 20
        assert json.loads(bytes(files["event.json"]))["incident_id"] == f"{name}-incident"
        clip = tmp_path / "clip.mp4"
        clip.write_bytes(files["clip.mp4"])
        with av.open(str(clip)) as container:
            assert sum(1 for _ in container.decode(video=0)) == manifest["clip"]["frames"]
