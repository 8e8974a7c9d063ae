"""Reading of camera.json: errors in one line, defaults for missing keys."""

import json
from pathlib import Path

import pytest

from analytics.camera import Road
from analytics.capacity.pkji_tables import RoadType
from pipelines.config.geometry_file import CameraGeometry, GateEntry, OtherAspect, ZoneEntry, read_geometry
from pipelines.errors import UserError

ZONE = {"id": "z", "polygon": [[0, 0], [100, 0], [100, 100]]}
GATE = {"id": "g", "p1": [0, 50], "p2": [100, 50]}


def read(tmp_path, *, zone=(), gate=()):
    path = tmp_path / "camera.json"
    zones, gates = [{**ZONE, **dict(zone)}], [{**GATE, **dict(gate)}]
    path.write_text(json.dumps({"image_size": [100, 100], "zones": zones, "gates": gates}))
    return read_geometry(path)


def test_roads_are_optional(tmp_path):
    camera = read(tmp_path).camera("c", (100, 100))
    assert (camera.zones[0].road, camera.gates[0].road) == (None, None)


def test_a_described_road_reaches_zones_and_gates(tmp_path):
    described = {"road_type": "2/2-TT", "width_m": 7, "capacity_smp_h": 2900}
    camera = read(tmp_path, zone=described, gate=described).camera("c", (200, 200))
    road = Road(type=RoadType.UNDIVIDED_2, width_m=7, capacity_smp_h=2900)
    assert (camera.zones[0].road, camera.gates[0].road) == (road, road)


@pytest.mark.parametrize(
    ("described", "complaint"),
    [
        ({"road_type": "2/2-UD"}, "road_type: Input should be '2/2-TT'"),
        ({"width_m": 7}, "width_m has no effect without road_type; add one of 2/2-TT, 4/2-T"),
        ({"capacity_smp_h": 2800}, "capacity_smp_h has no effect without road_type"),
        ({"road_type": "2/2-TT"}, "road_type 2/2-TT needs width_m"),
        ({"road_type": "4/2-T", "capacity_smp_h": 0}, "capacity_smp_h is 0; give a number of 0.1 or more"),
        ({"road_type": "2/2-TT", "width_m": -7}, "width_m is -7; give a number of 0.1 or more"),
        (
            {"road_type": "4/2-T", "capacity_smp": 2800},
            "unknown key zones[0].capacity_smp; did you mean capacity_smp_h?",
        ),
        ({"road_typ": "4/2-T"}, "unknown key zones[0].road_typ; did you mean road_type?"),
        (
            {"road_type": "2/2-TT", "width_m": 7, "direction": [1, 0]},
            "zone z: road_type 2/2-TT counts all directions together; describe it on a zone over all",
        ),
    ],
)
def test_a_road_that_is_half_described_is_one_clear_line(tmp_path, described, complaint):
    with pytest.raises(UserError) as refused:
        read(tmp_path, zone=described)
    message = str(refused.value)
    assert complaint in message
    assert str(tmp_path) in message
    assert "\n" not in message


def test_a_line_across_a_whole_junction_is_refused(tmp_path):
    with pytest.raises(UserError, match="gate g: road_type simpang is for a zone over a whole junction"):
        read(tmp_path, gate={"road_type": "simpang"})


def test_the_example_in_the_documents_is_a_complete_camera(tmp_path):
    document = (Path(__file__).parents[3] / "docs" / "camera-json.md").read_text(encoding="utf-8")
    example = document.split("```json\n")[1].split("```")[0]
    (tmp_path / "camera.json").write_text(example, encoding="utf-8")
    geometry = read_geometry(tmp_path / "camera.json")
    assert geometry.camera("north", (640, 360)).homography is not None
    assert (len(geometry.gates), len(geometry.zones)) == (1, 1)


def test_the_document_names_every_key():
    document = (Path(__file__).parents[3] / "docs" / "camera-json.md").read_text(encoding="utf-8")
    for section in (CameraGeometry, GateEntry, ZoneEntry):
        for key in section.model_fields:
            assert f"`{key}`" in document, key


@pytest.mark.parametrize(
    ("size", "complaint"),
    [
        ([0, 0], "image_size[0]: Input should be greater than or equal to 1"),
        ([640, -5], "image_size[1]: Input should be greater than or equal to 1"),
        ([10**30, 360], "image_size[0]: Input should be less than or equal to 100000"),
    ],
)
def test_an_impossible_image_size_is_refused(tmp_path, size, complaint):
    path = tmp_path / "camera.json"
    path.write_text(json.dumps({"image_size": size, "gates": [GATE]}))
    with pytest.raises(UserError) as refused:
        read_geometry(path)
    assert str(refused.value) == f"{path}: {complaint}"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"[1]", "expected an object with keys at the top level"),
        (b"null", "expected an object with keys at the top level"),
        (b"[" * 200_000, "not JSON (nested too deeply); see docs/camera-json.md for the format"),
        ('{"name": "Bätam"}'.encode("latin-1"), "not UTF-8 text (byte 12); save it as UTF-8"),
    ],
)
def test_unreadable_content_is_one_clear_line(tmp_path, content, complaint):
    path = tmp_path / "camera.json"
    path.write_bytes(content)
    with pytest.raises(UserError) as refused:
        read_geometry(path)
    assert str(refused.value) == f"{path}: {complaint}"


def test_a_byte_order_mark_is_accepted(tmp_path):
    path = tmp_path / "camera.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"image_size": [100, 100]}).encode())
    assert read_geometry(path).image_size == (100, 100)


def test_geometry_is_scaled_to_another_resolution_and_refused_on_another_aspect(tmp_path):
    geometry = read(tmp_path)
    assert geometry.camera("c", (200, 198)).gates[0].p2 == (200, 99)
    with pytest.raises(OtherAspect, match=r"drawn on a 100x100 frame, and the frames are 200x150 .*; draw it"):
        geometry.camera("c", (200, 150))
    assert geometry.camera("c", (200, 150), may_stretch=True).gates[0].p2 == (200, 75)
    assert CameraGeometry(image_size=(100, 100)).camera("c", (200, 150)).gates == ()


@pytest.mark.parametrize(
    ("zone", "complaint"),
    [
        ({"length_m": 1e-320}, "zones[0].length_m: Input should be greater than or equal to 0.1"),
        ({"length_m": 1e300}, "zones[0].length_m: Input should be less than or equal to 100000"),
        ({"lanes": 10**400}, "zones[0].lanes: Input should be less than or equal to 50"),
        ({"polygon": [[0, 0], [50, 50], [100, 100]]}, "encloses nothing; draw its corners around the road"),
        ({"polygon": [[5, 5], [5, 5], [5, 5]]}, "encloses nothing; draw its corners around the road"),
        ({"polygon": [[0, 0], [9, 9], [9, 0], [0, 9]]}, "crosses itself; list its corners in order around the edge"),
    ],
)
def test_a_zone_of_which_no_measure_can_be_computed_is_refused(tmp_path, zone, complaint):
    with pytest.raises(UserError) as refused:
        read(tmp_path, zone=zone)
    assert str(refused.value).endswith(complaint)


@pytest.mark.parametrize("metres", [1e12, 1e200, -1e100])
def test_control_points_out_of_this_world_are_refused(tmp_path, metres):
    corners = [([0, 0], [0, 9]), ([100, 0], [9, 9]), ([100, 100], [9, metres]), ([0, 100], [0, 0])]
    points = [{"pixel": pixel, "ground": ground} for pixel, ground in corners]
    path = tmp_path / "camera.json"
    path.write_text(json.dumps({"image_size": [100, 100], "control_points": points}))
    with pytest.raises(UserError, match=r"control_points\[2\].ground"):
        read_geometry(path)
