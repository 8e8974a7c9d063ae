"""References to secrets in the addresses of cameras, in the configuration file and in the registry."""

from pathlib import Path

import pytest

from pipelines.addresses.mask import without_credentials
from pipelines.config.config_file import read_config
from pipelines.config.secret_references import is_free_of_secrets
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


def test_an_unknown_reference_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"north: secret dishub is not listed .* SIMPANG_SECRETS__DISHUB") as refused:
        read_config(city(tmp_path, CAMERA))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "is_free"),
    [
        ("rtsp://10.0.0.7:554/cam/realmonitor?channel=1&subtype=0", True),
        ("rtsp://${dishub}@10.0.0.7/1", True),
        ("rtsp://${user}:${word}@10.0.0.7/1", True),
        ("http://10.0.0.7/still.jpg?user=x&pwd=${word}", True),
        ("rtsp://admin:${word}@10.0.0.7/1", False),
        ("rtsp://admin@10.0.0.7/1", False),
        ("rtsp://admin:p@ss@10.0.0.7/1", False),
        ("http://10.0.0.7/still.jpg?user=x&pwd=abc", False),
        ("rtsp://10.0.0.7/user=admin_password=abc_channel=1", False),
        ("http://10.0.0.7/live?access_token=abc", False),
    ],
)
def test_an_address_with_a_secret_is_found(address: str, is_free: bool) -> None:
    assert is_free_of_secrets(address) is is_free
