"""`simpang models export --int8` from the outside."""

import json

import pytest
from click.testing import CliRunner

from models.detection.tensorrt_cache import this_hardware
from models.export.quantization import has_nncf
from pipelines.commands.models import models
from pipelines.errors import UserError
from tests.support.servers import write_clip
from tests.support.tiny_network import save_tiny_network

pytestmark = [
    pytest.mark.slow,  # NNCF quantises real networks
    pytest.mark.skipif(not has_nncf(), reason="needs the extra `quantise` (NNCF)"),
]


@pytest.fixture
def weights(tmp_path):
    return save_tiny_network(tmp_path / "tiny_openvino_model", convolved=True)


def export(*arguments):
    return CliRunner().invoke(models, ["export", *map(str, arguments)], catch_exceptions=True)


def test_an_int8_model_is_reported_and_stored_beside_its_original(tmp_path, weights):
    video = write_clip(tmp_path / "road.mp4", seconds=4.0)
    done = export(weights, "--to", "openvino", "--int8", "--images", video, "--count", 160, "--imgsz", 320)
    assert done.exit_code == 0, done.output
    made = tmp_path / "model_int8_openvino_model"
    assert done.output.strip().endswith(str(made))
    assert "recall" in done.output
    report = json.loads((made / "export_report.json").read_text())
    assert report["accepted"] is True
    assert report["kept"]["agreement"]["all"]["recall"] == 1.0
    assert report["kept"]["agreement"]["car"]["expected"] >= 30
    assert report["calibration"]["calibrated_on"] == [str(video)]
    assert report["calibration"]["held_back"] == 40
    assert len(report["calibration"]["weights_sha256"]) == 64


def test_a_model_that_cannot_be_checked_is_rejected_unless_accepted(tmp_path, weights):
    video = write_clip(tmp_path / "road.mp4", seconds=1.0)
    asked = (weights, "--int8", "--images", video, "--count", 8, "--imgsz", 320)
    refused = export(*asked)
    assert isinstance(refused.exception, UserError)
    assert "give more pictures" in str(refused.exception)
    rejected = tmp_path / "model_int8_rejected_openvino_model"
    assert json.loads((rejected / "export_report.json").read_text())["accepted"] is False
    assert not (tmp_path / "model_int8_openvino_model").exists()
    assert export(*asked, "--accept").exit_code == 0
    assert (tmp_path / "model_int8_openvino_model" / "export_report.json").exists()
    assert not rejected.exists()


def test_the_cameras_of_a_city_give_the_images_and_no_password_is_stored(tmp_path, weights, rtsp_cameras):
    url = rtsp_cameras.url("road.mp4", credentials="admin:s3cret@")
    (tmp_path / "city.yaml").write_text(f"cameras:\n  - {{id: road, name: Road, url: '{url}'}}\n")
    done = export(weights, "--int8", "--config", tmp_path / "city.yaml", "--count", 4, "--over", 0.1, "--accept")
    assert done.exit_code == 0, done.output
    report = (tmp_path / "model_int8_openvino_model" / "export_report.json").read_text()
    assert json.loads(report)["calibration"]["calibrated_on"] == [f"rtsp://***@127.0.0.1:{rtsp_cameras.port}/***"]
    assert "s3cret" not in report + done.output


def test_an_engine_needs_the_gpu_that_will_run_it(tmp_path):
    if this_hardware() is not None:
        pytest.skip("this machine has a GPU and TensorRT")
    (tmp_path / "yolo11n.pt").write_bytes(b"weights")
    for options in (["--to", "engine"], ["--to", "engine", "--int8", "--images", tmp_path]):
        assert "on the GPU that will run it" in str(export(tmp_path / "yolo11n.pt", *options).exception)


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--int8"], "INT8 needs images"), (["--images", "road.mp4"], "go with --int8")],
)
def test_options_that_do_not_go_together_are_refused(weights, options, message):
    assert message in str(export(weights, *options).exception)
