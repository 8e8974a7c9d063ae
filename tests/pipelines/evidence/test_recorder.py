"""The recorder: what it keeps where packages cannot be stored, and which packages it destroys."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Flag

import pytest
from structlog.testing import capture_logs

from analytics.facts import IncidentType
from pipelines.config.evidence_section import EvidenceConfig
from pipelines.config.settings import CameraConfig, Config
from pipelines.errors import UserError
from pipelines.events.schema import IncidentPhase, IncidentReport
from pipelines.evidence.recorder import EvidenceRecorder
from pipelines.evidence.sealing import EvidenceStore
from tests.support.evidence import sealed


def made(folder: Path, **settings: float) -> EvidenceRecorder:
    return EvidenceRecorder(Config(data_dir=folder, evidence=EvidenceConfig(enabled=True, **settings)))


def incident(name: str, detected_at: datetime) -> IncidentReport:
    return IncidentReport(
        camera_id="kuda",
        incident_id=name,
        phase=IncidentPhase.RAISED,
        type=IncidentType.COLLISION,
        start_at=detected_at,
        detected_at=detected_at,
        pixel=(1, 2),
        confidence=0.9,
        reason="test",
    )


def test_a_damaged_keyring_ends_the_recording_alone_and_reserves_no_memory_for_long(tmp_path: Path) -> None:
    keyring = EvidenceStore(tmp_path / "evidence").keyring.public_file
    right = keyring.read_bytes()
    keyring.write_text("{")
    recorder = made(tmp_path)
    camera = recorder.camera(CameraConfig(id="kuda", name="Kuda", url="rtsp://127.0.0.1:9/1"))
    now = datetime.now(UTC)
    camera.observe(incident("old", now - timedelta(minutes=1)))
    camera.observe(incident("new", now))
    with capture_logs() as logged, pytest.raises(UserError, match="keyring is damaged; restore it"):
        recorder.run(Flag())
    assert [line["incident"] for line in logged] == ["old"]
    assert len(camera.ring._reserved) == 1
    keyring.write_bytes(right)
    ended = Flag()
    ended.set()
    recorder.run(ended)
    assert list(EvidenceStore(tmp_path / "evidence").packages()) == ["new"] and camera.ring._reserved == []


def test_a_package_that_cannot_be_sealed_reserves_no_memory(tmp_path: Path) -> None:
    recorder = made(tmp_path)
    camera = recorder.camera(CameraConfig(id="kuda", name="Kuda", url="rtsp://127.0.0.1:9/1"))
    unreadable = {"snapshot": "x" * 300}  # no file system has such a name
    camera.observe(incident("kuda-1", datetime.now(UTC)).model_copy(update=unreadable))
    ended = Flag()
    ended.set()
    recorder.run(ended)
    assert camera.ring._reserved == []


def test_packages_under_legal_hold_take_no_space_of_new_ones(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "evidence")
    for number in range(2):
        sealed(store, f"held-{number}", seed=number, clip_bytes=900_000)
        store.act("held", f"held-{number}", actor="jaksa", reason="perkara 7")
    for number in range(3):
        sealed(store, f"new-{number}", seed=number, clip_bytes=450_000)
    with capture_logs() as logged:
        made(tmp_path, max_mb=1)._apply_retention(store)
    assert list(store.packages()) == ["held-0", "held-1", "new-1", "new-2"]
    assert [line["held_mb"] for line in logged if line["log_level"] == "warning"] == [2]
