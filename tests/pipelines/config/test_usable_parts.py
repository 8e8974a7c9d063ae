"""A configuration with wrong entries: each is one line, and all others are read."""

from pathlib import Path

import pytest

from pipelines.config.usable_parts import read_usable_parts
from pipelines.errors import UserError

CITY = """
sites: [{id: a, name: A}, {id: a, name: again}]
bus: {sasl_plain_password: PLAIN, group: g}
store: {dsm: x, prepared_statements: true}
analysis: {confidence: 7}
cameras:
  - {id: good, name: G, url: 'rtsp://u:s3#cret@10.0.0.7/live'}
  - {id: BAD, name: B, url: 'rtsp://u:s3cret@10.0.0.7/live'}
  - {id: nameless, url: 'rtsp://u:s3cret@10.0.0.7/live'}
  - {id: good, name: second, url: 'rtsp://u:s3cret@10.0.0.7/live'}
  - {id: lost, name: L, url: 'rtsp://10.0.0.7/live', site: nowhere}
  - {id: undrawn, name: U, url: 'rtsp://10.0.0.7/live', geometry: missing.json}
  - {id: number, name: N, url: 7}
webhooks: [{id: police, url: 'http://h.x/s3cret', secret: s3cret, types: [flood]}]
"""


def test_each_wrong_entry_is_one_line_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "city.yaml"
    path.write_text(CITY)
    config, problems = read_usable_parts(path)
    assert [camera.id for camera in config.cameras] == ["good", "lost"]
    assert config.store.prepared_statements
    said = "\n".join(problems)
    for part in (
        "'a' is used twice",
        "TLS and SASL have other keys",
        "store.dsm",
        "confidence",
        "cameras[1].id",
        "name",
    ):
        assert part in said
    for part in ("'good' is used twice", "'nowhere'", "missing.json", "url", "webhooks[0].types[0]"):
        assert part in said
    assert len(problems) == 11
    assert "s3" not in said


@pytest.mark.parametrize("content", ["[1]", "cameras: [", "1: 2"])
def test_a_file_of_which_nothing_can_be_read_is_a_user_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "city.yaml"
    path.write_text(content)
    with pytest.raises(UserError, match=r"city\.yaml"):
        read_usable_parts(path)


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("SIMPANG_STORE", "postgresql://u:s3cret@db/city", "not JSON"),
        ("SIMPANG_STORE__PASSWORD", "s3cret", "unknown key store.password"),
        ("SIMPANG_STORE__DSN__X", "s3cret", "store.dsn"),
        ("SIMPANG_BUS__SASL_PASSWORD", "s3cret", "bus.sasl_password: TLS and SASL have other keys"),
        ("SIMPANG_CAMERAS", '[{"id": "A B", "name": "A", "url": "rtsp://u:s3cret@10.0.0.7/live"}]', "cameras[0].id"),
        ("SIMPANG_CAMERAS__0__URL", "rtsp://u:s3cret@10.0.0.7/live", "cameras"),
    ],
)
def test_a_wrong_environment_variable_hides_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(variable, value)
    path = tmp_path / "city.yaml"
    path.write_text("cameras: [{id: good, name: G, url: 'rtsp://10.0.0.7/live'}]")
    config, problems = read_usable_parts(path)
    assert [camera.id for camera in config.cameras] == ["good"]
    assert len(problems) == 1
    assert problems[0].startswith(f"environment variable {variable}: ")
    assert problem in problems[0]
    assert "s3cret" not in problems[0]
