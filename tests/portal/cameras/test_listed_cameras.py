"""Cameras of the registry after a restart: a camera that it hides stays hidden before it is read."""

from pathlib import Path

from pydantic import SecretStr

from analytics.camera import Visibility
from pipelines.config.settings import CameraConfig, Config, StoreConfig
from pipelines.events.registered_camera import RegisteredCamera
from portal.cameras.catalogue import CameraCatalogue
from portal.cameras.listed_cameras import ListedCameras

HIDDEN = RegisteredCamera(id="a", name="A", url="rtsp://camera/a", visibility=Visibility.OPERATORS)


def city() -> CameraCatalogue:
    """A catalogue whose configuration has a public camera."""
    url = SecretStr("rtsp://camera/a")
    own = CameraConfig(id="a", name="A", url=url, visibility=Visibility.PUBLIC)
    return CameraCatalogue(Config(cameras=(own,), store=StoreConfig(dsn=SecretStr("postgresql:///none"))))


def public(catalogue: CameraCatalogue) -> list[str]:
    return [entry.id for entry in catalogue.visible(None)]


def test_a_camera_that_the_registry_hides_is_hidden_from_the_start(tmp_path: Path) -> None:
    path = tmp_path / "registered.json"
    ListedCameras(city(), path).show({"a": HIDDEN}, at_first=True)
    restarted = city()
    assert public(restarted) == ["a"]
    listed = ListedCameras(restarted, path)
    assert public(restarted) == []
    listed.show({}, at_first=True)
    assert public(restarted) == [], "a topic that lost its records"
    listed.show({}, at_first=False)
    assert public(restarted) == ["a"], "its record was removed"


def test_a_file_that_cannot_be_used_ends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "registered.json"
    path.write_text("{")
    catalogue = city()
    ListedCameras(catalogue, path)
    assert public(catalogue) == ["a"]
