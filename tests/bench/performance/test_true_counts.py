import json
from pathlib import Path

from bench.performance.true_counts import true_counts
from pipelines.capacity.clips import MIDDLE_GATE, PreparedClip
from pipelines.capacity.plan import PlannedCamera
from pipelines.capacity.records import CameraRecord, CrossingRecord, RunRecord
from pipelines.config.geometry_file import CameraGeometry

LOOP_S, BEGAN = 10.0, 1000.0


def clip(name: str) -> PreparedClip:
    return PreparedClip(name, Path(f"{name}.mp4"), 125, CameraGeometry(name=name, gates=(MIDDLE_GATE,)))


def camera(name: str, crossings: list[float]) -> CameraRecord:
    plan = PlannedCamera(f"camera-{name}", name, f"/{name}.mp4", 125, BEGAN)
    return CameraRecord(
        plan=plan, crossings=tuple(CrossingRecord(at=BEGAN + t, gate=MIDDLE_GATE.id) for t in crossings)
    )


def test_the_expected_crossings_of_a_loop_are_the_true_ones_of_the_gates_that_the_camera_has(tmp_path: Path) -> None:
    def crossing(t: float, gate: str, **more: bool) -> dict[str, object]:
        return {"t": t, "gate": gate, "direction": "A", "class": "car", **more}

    gates = [{"id": MIDDLE_GATE.id, "p1": [0, 0], "p2": [0, 9]}, {"id": "outside", "p1": [5, 0], "p2": [5, 9]}]
    of_gate = [crossing(t, MIDDLE_GATE.id) for t in (7.0, 3.0)]
    others = [crossing(4.0, "outside"), crossing(5.0, MIDDLE_GATE.id, optional=True)]
    truth = {"clip": "road.mp4", "fps": 12.5, "gates": gates, "crossings": of_gate + others, "duration_s": LOOP_S}
    (tmp_path / "road.json").write_text(json.dumps(truth))
    record = RunRecord(
        began=BEGAN,
        ended=BEGAN + 40,
        cameras=(camera("road", [3.1, 7.0, 13.0, 23.0, 27.0, 33.0, 37.0]), camera("unknown", [3.0])),
        cpu_s={},
        servers_cpu_s=0.0,
        resident_mb=0.0,
        servers_resident_mb=0.0,
        cores=2,
        stream_kbits=250.0,
    )

    counts = true_counts(record, [clip("road"), clip("unknown")], tmp_path)

    assert [(count.clip, count.expected, count.counted) for count in counts] == [("road", 8, 7)]
