"""`simpang models train` from the outside: two steps on made pictures, with real torch, OpenVINO and NNCF."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("ultralytics")
pytest.importorskip("nncf")

from models.training.initial_network import ultralytics_module
from models.training.trainer import save_weights
from pipelines.cli import main
from tests.support.picture_sets import add_picture
from tests.support.tiny_network import save_tiny_network

pytestmark = [
    pytest.mark.slow,  # torch
    pytest.mark.timeout(900),  # exports and quantisations of a whole network
    # torch, ultralytics and NNCF warn about their own use of each other
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]

SHORT = ["--steps", "2", "--batch", "2", "--threads", "1", "--freeze", "10"]


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    """YOLO11n with random weights: it finds nothing."""
    network = ultralytics_module("nn.tasks").DetectionModel("yolo11n.yaml", nc=6, verbose=False)
    network.names = dict(enumerate(["person", "bicycle", "car", "motorcycle", "bus", "truck"]))
    path: Path = tmp_path_factory.mktemp("weights") / "random.pt"
    save_weights(network, path)
    return path


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def make_set(folder: Path, camera: str, *, pictures: int) -> Path:
    """Each picture has one bright car and nine that nothing shows."""
    for k in range(pictures):
        bright = (20 + k, 20, 60 + k, 60)
        hidden = [(30 * n, 100, 30 * n + 20, 120) for n in range(9)]
        add_picture(
            folder,
            f"{camera}_{k:02d}",
            size=(288, 160),
            bright=[bright],
            labels=[(0, box) for box in [bright, *hidden]],
            about=f"{camera},Indonesia,{'day' if k % 2 else 'night'},dry",
        )
    return folder


def test_a_network_is_trained_exported_and_described(tmp_path, start, capsys):
    make_set(tmp_path / "sets" / "a", "mast", pictures=8)
    make_set(tmp_path / "sets" / "b", "bridge", pictures=2)
    command = ["models", "train", "sets", "--out", "out", "--start", str(start), "--hold-back", "bridge", *SHORT]
    main([*command, "--weight", "a=2", "--finish", "1", "--name", "tiny"])
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [(s["set"], s["pictures"], s["weight"]) for s in report["trained_on"]["sets"]] == [
        ("a", 8, 2.0),
        ("b", 2, 1.0),
    ]
    assert report["trained_on"]["held_back"] == {"pictures": 2, "camera_groups": ["bridge"]}
    assert report["training"]["steps_made"] == 2
    assert report["training"]["runs"][0]["frozen_layers"] == 10
    assert report["finish_on_all_pictures"]["steps_made"] == 1
    for figures in (report["examination"]["before"], report["examination"]["after"]):
        assert figures["classes"]["car"]["boxes"] == 20
        assert {row["light"] for row in figures["by_light"]} == {"day", "night"}
    assert set(report["examination"]["int8_and_float"]) == {"int8_ap50", "float_ap50", "loss_points", "classes"}
    written = tmp_path / "out" / "tiny_int8_openvino_model"
    assert report["weights_bytes"][written.name] == sum(file.stat().st_size for file in written.iterdir())
    assert (tmp_path / "out" / "tiny.pt").is_file() and (tmp_path / "out" / "tiny_openvino_model").is_dir()
    assert str(Path("out", written.name)) in capsys.readouterr().out


def test_a_network_that_is_worse_on_a_city_replaces_nothing(tmp_path, start, capfd):
    city = make_set(tmp_path / "own", "kuda", pictures=16)
    in_use = save_tiny_network(tmp_path / "out" / "city_int8_openvino_model")
    before = (in_use / "metadata.yaml").read_bytes()
    with pytest.raises(SystemExit) as stopped:
        main(["models", "train", "--from-city", str(city), "--out", "out", "--start", str(start), *SHORT])
    assert stopped.value.code == 1
    refusal = capfd.readouterr().err.strip().splitlines()[-1]
    assert refusal.startswith("refused: worse than out/city_int8_openvino_model on held-back pictures (ap50 of car")
    assert (in_use / "metadata.yaml").read_bytes() == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == [in_use.name]
