"""`simpang bench-capacity` as its own process: it serves, analyses, measures and assesses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from models.weights.resolver import resolve_weights
from pipelines.capacity.assessment import CapacityResult
from pipelines.capacity.baseline import Baseline
from pipelines.capacity.clips import SIZE
from pipelines.capacity.records import RunRecord
from pipelines.capacity.reference_speed import REFERENCE_CLIP, is_installed, objectcounter_fps, reference_clip
from pipelines.errors import UserError
from tests.support.servers import write_clip
from tests.support.tiny_network import save_tiny_network

pytestmark = pytest.mark.integration


def bench_capacity(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pipelines", "bench-capacity", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=240)


def test_two_cameras_are_served_analysed_and_assessed(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    write_clip(clips / "road.mp4", seconds=4, size=SIZE)
    truth = tmp_path / "truth" / "clips" / "road.json"
    truth.parent.mkdir(parents=True)
    gate = {"id": "G1", "p1": [150, 0], "p2": [150, 360]}
    truth.write_text(json.dumps({"width": SIZE[0], "height": SIZE[1], "duration_s": 4, "gates": [gate]}))
    weights = save_tiny_network(tmp_path / "tiny")
    out, record_file = tmp_path / "point.json", tmp_path / "record.json"

    done = bench_capacity(
        *("--cameras", "2", "--seconds", "9", "--settle", "4", "--clips", clips, "--weights", weights),
        *("--cache", tmp_path / "cache", "--json", out, "--record", record_file, "--without-reference"),
    )

    assert done.returncode == 0, done.stderr
    point = CapacityResult.model_validate_json(out.read_text())
    assert [camera.clip for camera in point.per_camera] == ["road", "road"]
    assert all(camera.received_fps > 5 and camera.analysed_fps > 0.5 for camera in point.per_camera)
    assert point.passed == (not point.failed)
    assert point.worker_cpu > 0 and point.servers_cpu > 0 and point.worker_mb > point.servers_mb > 10
    assert {"analysis", "decoding", "camera"} <= set(point.worker_cpu_by_task)
    assert ("Passed with 2 cameras." in done.stdout) == point.passed
    assert 0 < point.cpu_busy < 1.5 and "of the cores in use" in done.stdout
    assert point.total_analysed_fps == pytest.approx(sum(c.analysed_fps for c in point.per_camera), abs=0.1)
    assert point.looks_over_objectcounter is None and point.outside_network_ratio is not None
    record = RunRecord.model_validate_json(record_file.read_text())
    one, other = record.cameras
    assert one.plan.position_s(record.began) != pytest.approx(other.plan.position_s(record.began), abs=0.5)
    assert all(-0.05 <= frame.age_s < 10 for camera in record.cameras for frame in camera.frames)
    (stored,) = (tmp_path / "cache").glob("*.baseline.json")
    ((crossed_s, _),) = Baseline.model_validate_json(stored.read_text()).crossings
    crossed = [camera.plan.position_s(crossing.at) for camera in record.cameras for crossing in camera.crossings]
    assert crossed
    assert crossed == pytest.approx([crossed_s] * len(crossed), abs=0.6), "the plan determines the position in the clip"


def test_figures_go_to_standard_output_alone_where_that_is_asked_for(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    write_clip(clips / "road.mp4", seconds=3)

    done = bench_capacity(
        *("--cameras", "1", "--seconds", "3", "--settle", "2", "--clips", clips),
        *("--weights", save_tiny_network(tmp_path / "tiny")),
        *("--cache", tmp_path / "cache", "--json", "-", "--without-reference"),
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cameras"] == 1


@pytest.mark.parametrize(("clips", "message"), [("missing", "no such folder"), ("empty", "no .mp4 or .mkv")])
def test_a_folder_without_clips_is_refused_in_one_line(tmp_path: Path, clips: str, message: str) -> None:
    (tmp_path / "empty").mkdir()

    done = bench_capacity("--cameras", "1", "--clips", tmp_path / clips, "--cache", tmp_path / "cache")

    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_objectcounter_counts_the_reference_clip_with_the_networks_of_simpang(tmp_path: Path) -> None:
    if not is_installed():
        pytest.skip("needs the extra `yolo`")
    for name in ("another", REFERENCE_CLIP):
        write_clip(tmp_path / f"{name}.mp4", seconds=2, size=SIZE)

    clip = reference_clip(tmp_path)

    assert clip.stem == REFERENCE_CLIP
    assert objectcounter_fps(clip, resolve_weights(None)) > 0


def test_a_clip_that_objectcounter_cannot_count_is_one_line_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")

    with pytest.raises(UserError, match=r"broken\.mp4.*--without-reference"):
        objectcounter_fps(reference_clip(tmp_path), tmp_path / "no_weights")
