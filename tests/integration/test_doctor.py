"""`simpang doctor` on real cameras, brokers and databases, and on broken ones."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import yaml

from pipelines.ingest.hw_decode import KINDS, self_test
from pipelines.worker.child_process import free_port
from tests.support.kafka.brokers import KafkaBroker
from tests.support.servers import RtspCameras
from tests.support.tiny_network import save_tiny_network

pytestmark = pytest.mark.integration


def doctor(city: Path | None = None) -> tuple[int, dict[str, Any], str]:
    """Run the command; return its exit status, its report and all of its output."""
    command = [sys.executable, "-m", "pipelines", "doctor", *([str(city)] if city else []), "--json", "-"]
    done = subprocess.run([*command, "--timeout", "2"], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, json.loads(done.stdout), done.stdout + done.stderr


def check(report: dict[str, Any], subject: str) -> dict[str, Any]:
    (found,) = [found for found in report["checks"] if found["subject"] == subject]
    return found


def configured(tmp_path: Path, cameras: list[dict[str, Any]], **more: Any) -> Path:
    path = tmp_path / "city.yaml"
    network = tmp_path / "network"
    network.mkdir()
    weights = str(save_tiny_network(network))
    path.write_text(yaml.safe_dump({"cameras": cameras, "weights": weights, **more}))
    return path


def camera(camera_id: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": camera_id, "name": camera_id, "url": url, **more}


def test_cameras_and_services_that_work_are_described(
    rtsp_cameras: RtspCameras, kafka_broker: KafkaBroker, postgres_dsn: str, tmp_path: Path
) -> None:
    write_street(rtsp_cameras.folder / "main.mp4", size=(320, 240))
    write_street(rtsp_cameras.folder / "sub.mp4", size=(176, 144))
    main = rtsp_cameras.url("main.mp4", credentials="admin:s3cret@")
    city = configured(
        tmp_path,
        [camera("kuda", main, analysis_url=rtsp_cameras.url("sub.mp4"))],
        bus={"kafka": kafka_broker.bootstrap},
        store={"dsn": postgres_dsn},
    )
    status, report, printed = doctor(city)
    assert (status, report["ok"]) == (0, True)
    assert "s3cret" not in printed
    facts = check(report, "kuda (main)")["facts"]
    assert (facts["codec"], facts["image_size"], round(facts["fps"])) == ("h264", [320, 240], 25)
    assert check(report, "kuda (sub)")["facts"]["image_size"] == [176, 144]
    assert check(report, "kuda (sub)")["state"] == "ok"
    assert check(report, "bus")["state"] == "ok"
    assert check(report, "database")["facts"]["postgresql"]
    assert check(report, "processor")["facts"]["cores"] >= 1


def test_each_problem_has_a_line_of_advice_and_the_status_is_1(rtsp_cameras: RtspCameras, tmp_path: Path) -> None:
    write_street(rtsp_cameras.folder / "main.mp4", size=(320, 240))
    write_street(rtsp_cameras.folder / "cropped.mp4", size=(176, 144), cut=40)
    (tmp_path / "outside.json").write_text(json.dumps({"gates": [{"id": "G1", "p1": [500, 0], "p2": [500, 200]}]}))
    (tmp_path / "edge.json").write_text(json.dumps({"gates": [{"id": "G1", "p1": [0, 236], "p2": [320, 236]}]}))
    road = rtsp_cameras.url("main.mp4")
    city = configured(
        tmp_path,
        [
            camera("refused", "rtsp://admin:s3cret@127.0.0.1:1/live"),
            camera("cropped", road, analysis_url=rtsp_cameras.url("cropped.mp4")),
            camera("misdrawn", road, geometry="outside.json"),
            camera("edge", road, geometry="edge.json"),
        ],
        bus={"kafka": f"127.0.0.1:{free_port()}"},
        store={"dsn": f"postgresql://simpang:s3cret@127.0.0.1:{free_port()}/simpang"},
        stream={"hardware_decoder": next(kind for kind in KINDS if self_test(kind))},
    )
    status, report, printed = doctor(city)
    assert (status, report["ok"]) == (1, False)
    assert "s3cret" not in printed
    advised = {
        "refused (main)": "check address and port",
        "cropped (sub)": "same part of the scene",
        "misdrawn (main)": "outside the 320x240 frame",
        "edge (main)": "gate G1 is so close to the edge",
        "bus": "bus.kafka",
        "database": "store.dsn",
        "hardware decoders": "leave stream.hardware_decoder out",
    }
    for subject, advice in advised.items():
        found = check(report, subject)
        assert found["state"] == "problem", subject
        assert advice in found["advice"], subject
        assert "\n" not in found["message"] + found["advice"], subject
    problems = {found["subject"] for found in report["checks"] if found["state"] == "problem"}
    assert problems == set(advised)


def test_without_weights_the_advice_is_how_to_get_them(tmp_path: Path) -> None:
    city = configured(tmp_path, [], weights=str(tmp_path / "nowhere.xml"))
    status, report, _ = doctor(city)
    assert status == 1
    assert "nowhere.xml: no such file" in check(report, "weights")["advice"]


def test_without_a_configuration_only_the_machine_is_checked() -> None:
    _, report, _ = doctor()
    assert {found["area"] for found in report["checks"]} == {"machine", "detector"}
    assert report["findings"] == report["checks"], "the name of version 0.1.0"
    assert all(found["says"] == found["message"] for found in report["checks"])


def write_street(path: Path, *, size: tuple[int, int], cut: int = 0) -> None:
    """Three seconds of a street with a vehicle on it, without `cut` of its 320 pixels at the left and the right."""
    layout = np.random.default_rng(11).integers(0, 200, (24, 32), np.uint8)
    street = cv2.resize(layout, (320, 240), interpolation=cv2.INTER_CUBIC)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = *size, "yuv420p", 25
        stream.options = {"preset": "ultrafast", "bf": "0"}
        for number in range(75):
            picture = street.copy()
            picture[120:150, 3 * number : 3 * number + 50] = 255
            seen = av.VideoFrame.from_ndarray(picture[:, cut : 320 - cut].copy(), format="gray")
            output.mux(stream.encode(seen.reformat(*size, format="yuv420p", interpolation="AREA")))
        output.mux(stream.encode(None))
