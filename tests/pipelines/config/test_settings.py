"""Configuration files: accepted content, and the one line that names an error."""

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from analytics.camera import Position, Visibility
from pipelines.addresses.mask import without_credentials
from pipelines.config.config_file import read_config
from pipelines.errors import UserError

CAMERA = "{id: kuda, name: Simpang Kuda, url: 'rtsp://admin:s3cret@10.0.0.7/main'%s}"
GATE = {"id": "G1", "p1": [10, 10], "p2": [90, 10]}


def city(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "city.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def one_camera(tmp_path: Path, extra: str = "") -> Path:
    return city(tmp_path, "cameras:\n  - " + CAMERA % extra)


def complaint(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_config(path)
    message = str(caught.value)
    assert "\n" not in message
    assert "s3cret" not in message
    return message


def test_one_camera_needs_three_keys(tmp_path):
    (camera,) = read_config(one_camera(tmp_path)).cameras
    assert camera.visibility is Visibility.OPERATORS, "nothing is public unless someone says so"
    assert camera.url.get_secret_value() == "rtsp://admin:s3cret@10.0.0.7/main"
    assert "s3cret" not in repr(camera)


def test_paths_start_at_the_file(tmp_path):
    (tmp_path / "kuda.json").write_text(json.dumps({"image_size": [100, 100], "gates": [GATE]}))
    config = read_config(one_camera(tmp_path, ", geometry: kuda.json"))
    assert config.data_dir == tmp_path / "data"
    assert [gate.id for gate in config.geometry_of(config.cameras[0]).gates] == ["G1"]


def test_a_position_is_latitude_and_longitude(tmp_path):
    (camera,) = read_config(one_camera(tmp_path, ", position: [1.13, 104.05]")).cameras
    assert camera.position == Position(lat=1.13, lon=104.05)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("roboh", {"id": "roboh"}),
        ("{id: roboh, en: it fell}", {"id": "roboh", "en": "it fell"}),
        ("{en: it fell}", {"en": "it fell"}),
    ],
)
def test_public_text_may_be_in_two_languages(tmp_path, written, read):
    (camera,) = read_config(one_camera(tmp_path, f", out_of_service: {written}")).cameras
    assert camera.out_of_service == read


@pytest.mark.parametrize("written", ["{}", "{nl: omgevallen}"])
def test_public_text_in_no_known_language_is_refused(tmp_path, written):
    assert "cameras[0].out_of_service" in complaint(one_camera(tmp_path, f", out_of_service: {written}"))


def test_the_environment_overrides_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMPANG_PORTAL__PORT", "9000")
    monkeypatch.setenv("SIMPANG_WEIGHTS", "/weights")
    config = read_config(city(tmp_path, "portal: {host: 0.0.0.0, port: 8081}\nweights: other"))
    assert (config.portal.host, config.portal.port, config.weights) == ("0.0.0.0", 9000, "/weights")


OLD_NAMES = [("looks_per_s", "analysis_fps"), ("most_looks_per_s", "max_analysis_fps")]


@pytest.mark.parametrize(("old", "new"), OLD_NAMES)
def test_an_old_name_in_the_file_works_with_one_warning(tmp_path, old, new):
    with capture_logs() as logged:
        config = read_config(city(tmp_path, f"analysis: {{{old}: 4}}"))
    assert getattr(config.analysis, new) == 4
    (warning,) = logged
    assert (warning["log_level"], warning["old"], warning["new"]) == ("warning", f"analysis.{old}", f"analysis.{new}")
    assert warning["source"].endswith("city.yaml")


@pytest.mark.parametrize(("old", "new"), OLD_NAMES)
def test_an_old_name_in_the_environment_works_with_one_warning(tmp_path, monkeypatch, old, new):
    monkeypatch.setenv(f"SIMPANG_ANALYSIS__{old.upper()}", "4")
    with capture_logs() as logged:
        config = read_config(city(tmp_path, f"analysis: {{{new}: 6}}"))
    assert getattr(config.analysis, new) == 4, "the environment has priority over the file"
    (warning,) = logged
    assert (warning["old"], warning["new"]) == (f"analysis.{old}", f"analysis.{new}")


def test_current_names_are_read_without_a_warning(tmp_path, monkeypatch):
    monkeypatch.setenv("SIMPANG_ANALYSIS__ANALYSIS_FPS", "4")
    with capture_logs() as logged:
        config = read_config(city(tmp_path, "analysis: {analysis_fps: 6, max_analysis_fps: 7}"))
    assert (config.analysis.analysis_fps, config.analysis.max_analysis_fps) == (4, 7)
    assert logged == []


def test_both_names_of_a_setting_are_refused(tmp_path):
    path = city(tmp_path, "analysis: {looks_per_s: 4, analysis_fps: 5}")
    assert "analysis.looks_per_s is the old name of analysis.analysis_fps" in complaint(path)


def test_a_camera_without_zones_is_one_zone(tmp_path):
    config = read_config(one_camera(tmp_path))
    camera = config.cameras[0].camera(config.geometry_of(config.cameras[0]), (640, 360))
    assert [zone.id for zone in camera.zones] == ["view"]
    assert camera.zones[0].polygon == ((0, 0), (640, 0), (640, 360), (0, 360))


def test_geometry_is_scaled_to_the_stream(tmp_path):
    (tmp_path / "kuda.json").write_text(json.dumps({"image_size": [1280, 720], "gates": [GATE]}))
    config = read_config(one_camera(tmp_path, ", geometry: kuda.json"))
    camera = config.cameras[0].camera(config.geometry_of(config.cameras[0]), (640, 360))
    assert (camera.gates[0].p1, camera.gates[0].p2) == ((5, 5), (45, 5))


def test_the_address_of_a_sub_stream_is_a_secret_too(tmp_path):
    (camera,) = read_config(one_camera(tmp_path, ", analysis_url: 'rtsp://admin:s3cret@10.0.0.7/sub'")).cameras
    assert camera.analysis_url.get_secret_value().endswith("/sub")
    assert "s3cret" not in repr(camera)


def test_a_sub_stream_that_is_the_main_stream_is_refused(tmp_path):
    said = complaint(one_camera(tmp_path, ", analysis_url: 'rtsp://admin:s3cret@10.0.0.7/main'"))
    assert "cameras[0]: analysis_url is the same as url" in said


def test_geometry_for_two_streams_requires_an_image_size(tmp_path):
    (tmp_path / "kuda.json").write_text(json.dumps({"gates": [GATE]}))
    said = complaint(one_camera(tmp_path, ", geometry: kuda.json, analysis_url: 'rtsp://10.0.0.7/sub'"))
    assert "kuda.json: image_size is missing; camera kuda has two streams" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("camras: []", "unknown key camras"),
        ("cameras:\n  - {id: a, name: A}", "key cameras[0].url is missing"),
        ("cameras:\n  - {id: a, name: A, url: x, pubic: yes}", "unknown key cameras[0].pubic"),
        ("cameras:\n  - {id: A B, name: A, url: x}", "cameras[0].id"),
        ("cameras:\n  - {id: a, name: A, url: x}\n  - {id: a, name: B, url: y}", "id 'a' is used twice"),
        ("cameras:\n  - {id: a, name: A, url: x, site: nowhere}", "site 'nowhere'"),
        ("cameras:\n  - {id: a, name: A, url: x, position: [104.05, 1.13]}", "latitude"),
        ("city: {timezone: Asia/Batam}", "unknown time zone 'Asia/Batam'"),
        ("portal: {port: 80800}", "portal.port"),
        ("users:\n  - {name: ani, roles: [mayor], password_hash: s3cret}", "users[0].roles[0]"),
        ("- a list", "expected keys"),
        ("cameras: [", "not YAML"),
        ("bus: {kafka: s3cret, grup: x}", "unknown key bus.grup"),
    ],
)
def test_one_line_names_file_and_key(tmp_path, text, said):
    path = city(tmp_path, text)
    message = complaint(path)
    assert message.startswith(str(path))
    assert said in message


def test_a_missing_file_is_named(tmp_path):
    assert "city.yaml: No such file" in complaint(tmp_path / "city.yaml")


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"image_size": [100, 100], "gates": [{"id": "G1", "p1": [10, 10], "p2": [190, 10]}]}, "outside the 100x100"),
        ({"image_size": [100, 100], "gates": [GATE, GATE]}, "'G1' is used twice"),
        ({"image_size": [100, 100], "gates": [{"id": "G1", "p1": [10, 10], "p2": [10, 10]}]}, "same point"),
        (
            {"image_size": [100, 100], "zones": [{"id": "Z", "polygon": [[0, 0], [90, 90], [90, 0], [0, 90]]}]},
            "crosses itself",
        ),
        ({"image_size": [100, 100], "zones": [{"id": "Z", "polygon": [[0, 0], [90, 90]]}]}, "3 points or more"),
        (
            {"image_size": [100, 100], "control_points": [{"pixel": [n, n], "ground": [n, n]} for n in range(5)]},
            "on one line",
        ),
        ({"gates": [{"id": "G1", "p1": [10, 10]}]}, "key gates[0].p2 is missing"),
        ({"gate": [GATE]}, "unknown key gate; did you mean gates?"),
        ({"zones": [{"id": "Z", "polygn": [], "polygon": [[0, 0], [9, 9], [9, 0]]}]}, "zones[0].polygn"),
        ([], "expected an object with keys"),
    ],
)
def test_bad_geometry_is_found_at_start(tmp_path, geometry, said):
    (tmp_path / "kuda.json").write_text(json.dumps(geometry))
    message = complaint(one_camera(tmp_path, ", geometry: kuda.json"))
    assert "kuda.json" in message
    assert said in message


def test_fields_may_be_added_to_a_camera_file(tmp_path):
    (tmp_path / "kuda.json").write_text(json.dumps({"drive_side": "left", "gates": [GATE | {"colour": "red"}]}))
    assert read_config(one_camera(tmp_path, ", geometry: kuda.json")).cameras


def test_data_dir_must_be_a_folder(tmp_path):
    (tmp_path / "data").write_text("")
    assert complaint(city(tmp_path, "data_dir: data")).endswith("data is a file; give a folder")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("city: {name: Bätam}".encode("latin-1"), "not UTF-8 text (byte 15); save it as UTF-8"),
        (b"1: 2", "unknown key 1; remove it or correct its spelling"),
        (b"_env_file: other", "unknown key _env_file; remove it or correct its spelling"),
        (b"[" * 100_000, "not YAML (nested too deeply); correct the syntax"),
        (b"city: 2020-13-45", "not YAML; correct the syntax"),
    ],
)
def test_unreadable_content_is_one_line(tmp_path, content, said):
    path = tmp_path / "city.yaml"
    path.write_bytes(content)
    assert complaint(path) == f"{path}: {said}"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SIMPANG_ANALYSIS__LOOKS_PER_S", "abc", "analysis.analysis_fps: Input should be a valid number"),
        ("SIMPANG_ANALYSIS__ANALYSIS_FPS", "61", "analysis.analysis_fps: Input should be less than or equal to 60"),
        ("SIMPANG_ANALYSIS__SPEED", "1", "unknown key analysis.speed"),
        ("SIMPANG_ANALYSIS", '{"confidence": 2}', "analysis.confidence: Input should be less than 1"),
        ("SIMPANG_SITES", '[{"id": "a"}]', "key sites[0].name is missing"),
        ("SIMPANG_ANALYSIS", "s3cret", "not JSON; correct it or remove it"),
        ("SIMPANG_CITY__CENTRE", "[1", "not JSON; correct it or remove it"),
        ("SIMPANG_SITES", "[" * 100_000, "not JSON; correct it or remove it"),
    ],
)
def test_an_error_in_the_environment_names_the_variable(tmp_path, monkeypatch, variable, value, said):
    monkeypatch.setenv(variable, value)
    message = complaint(city(tmp_path, "analysis: {device: cpu}"))
    assert message.startswith(f"environment variable {variable}: {said}")


@pytest.mark.parametrize("variable", ["SIMPANG_PORTAL__PORT", "SIMPANG_ANALYSIS", "SIMPANG_CITY__ZOOM"])
def test_an_error_in_the_file_names_the_file_whatever_the_environment(tmp_path, monkeypatch, variable):
    monkeypatch.setenv(variable, '{"device": "cpu"}' if variable == "SIMPANG_ANALYSIS" else "9")
    path = city(tmp_path, "analysis: {confidence: 2}")
    assert complaint(path).startswith(f"{path}: analysis.confidence")


@pytest.mark.parametrize(
    "content",
    [
        "store: {dsn: *s3cret}",
        "store: {dsn: !s3cret x}",
        "webhooks: [{id: a, url: 'http://h.x', secret: *s3cret}]",
        "cameras: [{id: a, name: A, url: [rtsp://u:s3cret@h/live]}]",
        "cameras: [{id: a, name: A, url: 'rtsp://u:s3cret@h/live', 'rtsp://u:s3cret@h.x/live': 1}]",
        "portal: {tiles: 'https://u:s3cret@tile.example.org/{z}.png'}",
        "portal: {tiles: 'https://u:s3cret@[tile/{z}.png'}",
        "portal: {public_url: 'https://u:s3cret@kota.example.id'}",
        "bus: {kafka: 'a:9092', sasl_plain_password: s3cret}",
        "bus: {kafka: 'a:9092', ssl_password: s3cret}",
    ],
)
def test_an_error_shows_no_secret(tmp_path, content):
    assert "s3cret" not in without_credentials(complaint(city(tmp_path, content)))


@pytest.mark.parametrize("key", ["sasl_plain_password", "ssl_cafile", "sasl_plain_username"])
def test_settings_of_a_secured_kafka_with_other_names_are_refused_clearly(tmp_path, monkeypatch, key):
    said = complaint(city(tmp_path, f"bus: {{kafka: 'a:9092', {key}: x}}"))
    assert f"{key}: TLS and SASL have other keys" in said
    monkeypatch.setenv(f"SIMPANG_BUS__{key.upper()}", "x")
    assert "TLS and SASL have other keys" in complaint(city(tmp_path, "bus: {kafka: 'a:9092'}"))


def test_kafka_takes_a_list_of_brokers(tmp_path):
    assert read_config(city(tmp_path, "bus: {kafka: ['a:9092', 'b:9092']}")).bus.kafka == "a:9092,b:9092"


@pytest.mark.parametrize("geometry", ["rtsp://u:s3#cret@h.x/live", "s3#cret.json"])
def test_the_path_of_a_file_is_printed_without_a_secret_of_the_same_file(tmp_path, geometry):
    cameras = f"cameras: [{{id: a, name: A, url: 'rtsp://u:s3#cret@h.x/live', geometry: '{geometry}'}}]"
    with pytest.raises(UserError) as refused:
        read_config(city(tmp_path, cameras))
    printed = without_credentials(str(refused.value))
    assert "cret" not in printed
    assert "No such file" in printed
