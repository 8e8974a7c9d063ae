"""`simpang city render` writes a video and files that the other commands read."""

import gzip
import json
from pathlib import Path

import av
import numpy as np
import pytest

from pipelines.cli import main
from pipelines.config.geometry_file import read_geometry
from pipelines.recordings.detection_replay import read_detections
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth

SECONDS, FRAMES = 4, 50


@pytest.mark.usefixtures("sumo")
def test_render_writes_video_ground_truth_camera_json_and_boxes(tmp_path: Path) -> None:
    video, truth, camera, boxes = (tmp_path / name for name in ("v.mp4", "t.json", "c.json", "b.jsonl.gz"))
    where = ["--out", str(video), "--truth", str(truth), "--camera", str(camera), "--boxes", str(boxes)]
    main(["city", "render", "--point", "mata-kucing", "--seconds", str(SECONDS), "--light", "day", *where])
    with av.open(str(video)) as container:
        images = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(images) == FRAMES
    assert not np.array_equal(images[0], images[-1])
    assert read_ground_truth(truth).duration_s == pytest.approx(SECONDS, abs=0.2)
    assert len(read_geometry(camera).gates) == 2
    with gzip.open(boxes, "rt") as lines:
        frames = [json.loads(line) for line in lines]
    assert len(frames) == FRAMES
    assert all(0 <= box[0] < box[2] <= 640 and 0 <= box[1] < box[3] <= 360 for line in frames for box in line["boxes"])
    assert len(list(read_detections(boxes))) == FRAMES


def test_an_unknown_site_is_one_error_line_with_the_known_sites(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["city", "render", "--point", "monas", "--out", str(tmp_path / "v.mp4")])
    assert stopped.value.code == 2
    assert "simpang-kuda" in capsys.readouterr().err
