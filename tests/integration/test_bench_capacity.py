"""`simpang bench-capacity` as its own process: it serves, analyses, measures and assesses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.capacity.assessment import CapacityResult
from pipelines.capacity.baseline import Baseline
from pipelines.capacity.clips import SIZE
from pipelines.capacity.records import RunRecord
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
        *("--cache", tmp_path / "cache", "--json", out, "--record", record_file),
    )

    assert done.returncode == 0, done.stderr
    point = CapacityResult.model_validate_json(out.read_text())
    assert [camera.clip for camera in point.per_camera] == ["road", "road"]
    assert all(camera.received_fps > 5 and camera.analysed_fps > 0.5 for camera in point.per_camera)
    assert point.passed == (not point.failed)
    assert point.worker_cpu > 0 and point.servers_cpu > 0 and point.worker_mb > point.servers_mb > 10
    assert {"analysis", "decoding", "camera"} <= set(point.worker_cpu_by_task)
    assert ("Passed with 2 cameras." in done.stdout) == point.passed
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
        *("--cache", tmp_path / "cache", "--json", "-"),
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
