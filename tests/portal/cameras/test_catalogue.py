"""Catalogue of the cameras of a configuration."""

from analytics.camera import Position
from pipelines.events.registered_camera import RegisteredCamera
from portal.cameras.camera_scope import EVERY_CAMERA
from portal.cameras.catalogue import CameraCatalogue


def ids(entries):
    return [entry.id for entry in entries]


def test_hidden_cameras_are_visible_to_signed_in_users_only(config):
    catalogue = CameraCatalogue(config)
    assert ids(catalogue.visible(None)) == ["laluan-1", "barelang"]
    assert ids(catalogue.visible(EVERY_CAMERA)) == ["laluan-1", "barelang", "kantor"]
    assert catalogue.find("kantor", None) is None
    assert catalogue.find("kantor", EVERY_CAMERA).id == "kantor"
    assert catalogue.find("tidak-ada", EVERY_CAMERA) is None


def test_camera_without_position_has_that_of_its_site(config):
    at_site, without = CameraCatalogue(config).visible(None)
    assert (at_site.position, without.position) == (Position(lat=1.12, lon=104.04), None)
    moved = config.cameras[0].model_copy(update={"position": Position(lat=1, lon=104)})
    (entry,) = CameraCatalogue(config.model_copy(update={"cameras": (moved,)})).visible(None)
    assert entry.position == Position(lat=1, lon=104)


def test_camera_without_drawn_zones_has_the_zone_of_the_whole_frame(config):
    drawn, undrawn = CameraCatalogue(config).visible(None)
    assert (drawn.zones, drawn.gates) == (("masuk", "keluar"), ("utara",))
    assert (undrawn.zones, undrawn.gates) == (("view",), ())


def test_cameras_of_the_registry_follow_and_replace_those_of_the_configuration(config):
    catalogue = CameraCatalogue(config)
    registered = [
        RegisteredCamera(id="a-new", name="New", url="rtsp://${dishub}@10.0.0.1/1", site="laluan", visibility="public"),
        RegisteredCamera(id="barelang", name="Barelang 2", url="rtsp://10.0.0.2/1", site="unknown-here"),
    ]
    catalogue.set_registered(registered)
    assert ids(catalogue.visible(EVERY_CAMERA)) == ["laluan-1", "barelang", "kantor", "a-new"]
    assert ids(catalogue.visible(None)) == ["laluan-1", "a-new"], "the registry hides a camera"
    new, changed = (catalogue.find(camera, EVERY_CAMERA) for camera in ("a-new", "barelang"))
    assert (new.site.name, new.zones) == ("Simpang Laluan", ("view",))
    assert (changed.camera.name, changed.site) == ("Barelang 2", None)
    version = catalogue.version
    catalogue.set_registered([])
    assert ids(catalogue.visible(None)) == ["laluan-1", "barelang"]
    assert catalogue.version > version
