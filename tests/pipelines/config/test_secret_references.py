"""References to secrets in the addresses of cameras, in the configuration file and in the registry."""

from pathlib import Path

import pytest

from pipelines.addresses.mask import without_credentials
from pipelines.config.config_file import read_config
from pipelines.config.secret_references import problem_of
from pipelines.config.settings import Config
from pipelines.errors import UserError

CAMERA = "cameras: [{id: north, name: N, url: 'rtsp://${dishub}@10.0.0.7/1', analysis_url: 'http://h/?t=${token}'}]\n"


def city(folder: Path, content: str) -> Path:
    (folder / "city.yaml").write_text(content)
    return folder / "city.yaml"


def test_secrets_of_the_file_and_of_the_environment_are_put_into_addresses_and_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMPANG_SECRETS__TOKEN", "t0ken-of-the-environment")
    config = read_config(city(tmp_path, CAMERA + "secrets: {dishub: 'admin:s3cret-of-the-file'}\n"))
    (camera,) = config.cameras
    assert camera.url.get_secret_value() == "rtsp://admin:s3cret-of-the-file@10.0.0.7/1"
    assert camera.analysis_url is not None
    assert camera.analysis_url.get_secret_value() == "http://h/?t=t0ken-of-the-environment"
    shown = without_credentials("refused s3cret-of-the-file and t0ken-of-the-environment") + repr(config)
    assert "s3cret" not in shown and "t0ken" not in shown


def test_secrets_of_another_configuration_are_put_into_addresses() -> None:
    secrets = Config(secrets={"dishub": "admin:s3cret-word"}).secrets
    (camera,) = Config(
        secrets=secrets, cameras=[{"id": "n", "name": "N", "url": "rtsp://${dishub}@10.0.0.7/1"}]
    ).cameras
    assert camera.url.get_secret_value() == "rtsp://admin:s3cret-word@10.0.0.7/1"


def test_an_unknown_reference_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"north: secret dishub is not listed .* SIMPANG_SECRETS__DISHUB") as refused:
        read_config(city(tmp_path, CAMERA))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://10.0.0.7:554/cam/realmonitor?channel=1&subtype=0",
        "rtsp://10.0.0.7/axis-media/media.amp?videocodec=h264&resolution=640x360",
        "rtsp://mediamtx:8554/simpang_sei_panas_1",
        "https://cctv.kota.example.id/live/panbil02/index.m3u8",
        "rtsp://${dishub}@10.0.0.7/1",
        "rtsp://${user}:${word}@10.0.0.7/1",
        "rtsp://${dishub}@${host}/1",
        "http://10.0.0.7/still.jpg?user=${user}&pwd=${word}",
        "http://10.0.0.7/${key}/live",
    ],
)
def test_an_address_without_secrets_beside_references_is_allowed(address: str) -> None:
    assert problem_of(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://admin:${word}@10.0.0.7/1",
        "rtsp://${user}:12345@10.0.0.7/1",
        "rtsp://${user}x@10.0.0.7/1",
        "rtsp://admin@10.0.0.7/1",
        "rtsp://admin:p@ss@10.0.0.7/1",
        "rtsp://admin:pa/ss@10.0.0.7/1",
        "rtsp://admin:pa#ss@10.0.0.7/1",
        "rtsp://admin:pa?ss@10.0.0.7/1",
        "rtsp://admin:pa/ss@mediamtx/1",
        "http://10.0.0.7/still.jpg?user=${user}&pwd=abc",
        "http://10.0.0.7/still.jpg?user=${user}&pw=1",
        "http://10.0.0.7/cgi?loginuse=admin&loginpas=s3cretword",
        "http://10.0.0.7/cgi?usr=admin&psw=word",
        "http://10.0.0.7/cgi?pass%77ord=word",
        "http://10.0.0.7/cgi?%70assword=word",
        "http://10.0.0.7/cgi?access=a1b2c3d4e5f6",
        "http://10.0.0.7/live?access_token=abc",
        "http://10.0.0.7/live?s0RyQ4K6z5LsYx5r",
        "http://10.0.0.7/live#token=abc",
        "http://10.0.0.7/s0RyQ4K6z5LsYx5r/live.m3u8",
        "http://10.0.0.7/${key}x1y2z3/live?token=x${key}",
        "rtsp://10.0.0.7/user=admin_password=abc_channel=1",
    ],
)
def test_an_address_with_a_secret_is_refused_with_the_remedy(address: str) -> None:
    assert "move it to secrets" in problem_of(address) and "${name}" in problem_of(address)


@pytest.mark.parametrize("address", ["rtsp:/admin:pw123@10.0.0.7/1", "admin:pw123@10.0.0.7/1", "rtsp:10.0.0.7/1"])
def test_what_is_no_address_is_refused_with_the_form_of_one(address: str) -> None:
    assert "rtsp://${name}@host" in problem_of(address)
