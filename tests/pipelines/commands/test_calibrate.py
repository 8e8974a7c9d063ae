"""`simpang calibrate` on files as people write them."""

import json

import pytest
from click.testing import CliRunner

from analytics.camera import Position
from analytics.geometry.geodesy import LocalFrame
from pipelines.commands.calibrate import calibrate
from pipelines.config.geometry_file import read_geometry
from pipelines.errors import UserError

ANCHOR = Position(lat=1.1304, lon=104.0531)
PLACES = [
    ((167.9, 455.7), (-8.0, 20.0)),
    ((1035.3, 468.7), (8.0, 20.0)),
    ((320.4, 295.0), (-8.0, 30.0)),
    ((930.1, 301.5), (8.0, 30.0)),
    ((455.7, 152.6), (-8.0, 50.0)),
    ((838.1, 155.1), (8.0, 50.0)),
    ((545.9, 57.6), (-8.0, 85.0)),
]


@pytest.fixture
def camera_file(tmp_path):
    path = tmp_path / "camera.json"
    gate = {"id": "g", "p1": [100, 400], "p2": [1200, 400], "note": "kept"}
    path.write_text(json.dumps({"name": "Simpang", "image_size": [1280, 720], "gates": [gate]}))
    return path


def points_csv(tmp_path, rows, heading="u,v,x,y"):
    path = tmp_path / "points.csv"
    path.write_text("\n".join([heading, *(",".join(map(str, (*pixel, *place))) for pixel, place in rows)]) + "\n")
    return path


def on_map(places):
    frame = LocalFrame(ANCHOR)
    return [(pixel, (p.lat, p.lon)) for pixel, ground in places for p in frame.to_wgs84([ground])]


def run(*arguments):
    return CliRunner().invoke(calibrate, [str(argument) for argument in arguments], catch_exceptions=False).output


def test_the_table_shows_each_error_and_no_file_changes_without_write(camera_file, tmp_path):
    before = camera_file.read_text()
    shown = run(camera_file, "--points", points_csv(tmp_path, PLACES))
    assert shown.count("yes") == len(PLACES)
    assert "RMS over the points that fit: 0.0" in shown
    assert camera_file.read_text() == before


def test_written_points_give_the_camera_its_metres(camera_file, tmp_path):
    wrong = [*PLACES, ((777.3, 59.2), (18.0, 85.0))]
    shown = run(camera_file, "--points", points_csv(tmp_path, wrong), "--write")
    assert shown.count("left out") == 1
    written = json.loads(camera_file.read_text())
    assert len(written["control_points"]) == len(PLACES)
    assert written["calibration"]["left_out"] == [{"pixel": [777.3, 59.2], "ground": [18.0, 85.0]}]
    assert written["gates"][0]["note"] == "kept"
    camera = read_geometry(camera_file).camera("c", (1280, 720))
    assert camera.homography.to_ground([(1035.3, 468.7)])[0] == pytest.approx((8, 20), abs=0.05)


def test_from_the_map_and_back_to_the_map(camera_file, tmp_path):
    path = points_csv(tmp_path, on_map(PLACES), heading="u,v,lat,lon")
    run(camera_file, "--points", path, "--anchor", f"{ANCHOR.lat},{ANCHOR.lon}", "--write")
    camera = read_geometry(camera_file).camera("c", (1280, 720))
    assert camera.anchor == ANCHOR
    ground = camera.homography.to_ground([(838.1, 155.1)])
    assert ground[0] == pytest.approx((8, 50), abs=0.3)
    (place,) = LocalFrame(camera.anchor).to_wgs84(ground)
    assert (place.lat, place.lon) == pytest.approx(on_map(PLACES)[5][1], abs=5e-6)


def test_without_an_anchor_metres_count_from_the_first_point(camera_file, tmp_path):
    rows = on_map(PLACES)
    points = [{"pixel": pixel, "lat": lat, "lon": lon} for pixel, (lat, lon) in rows]
    (tmp_path / "points.json").write_text(json.dumps({"control_points": points}))
    report = json.loads(run(camera_file, "--points", tmp_path / "points.json", "--json", "-"))
    assert report["anchor"] == {"lat": rows[0][1][0], "lon": rows[0][1][1]}
    assert report["points"][0]["ground"] == [0, 0]
    assert report["rms_m"] < 0.2


def test_four_points_come_with_a_warning(camera_file, tmp_path):
    assert "no meaning" in run(camera_file, "--points", points_csv(tmp_path, PLACES[1:5]))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.csv", "u,v,x\n1,2,3\n", "column 'y' is missing"),
        ("p.csv", "u,v,x,y\n1,2,3,four\n", r"point \[0\]\.ground\[1\]"),
        ("p.json", "[{", "give JSON"),
        ("p.json", "[" * 200_000, "nested too deeply; give JSON"),
        ("p.json", "null", "no list of points; give JSON"),
        ("p.json", '[{"pixel": [1, 2], "lat": 1.0}]', "either ground"),
        ("p.json", '[{"pixel": [1, 2], "lat": 100.0, "lon": 1.0}]', r"point \[0\]\.lat"),
        ("p.json", "[]", "there are no control points"),
        (
            "p.json",
            '[{"pixel": [1, 2], "lat": 1.0, "lon": 1.0}, {"pixel": [1, 2], "ground": [1, 1]}]',
            "give the anchor",
        ),
    ],
)
def test_wrong_points_are_refused_in_one_line(camera_file, tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=message) as refused:
        run(camera_file, "--points", tmp_path / name)
    assert "\n" not in str(refused.value)


def test_a_wrong_anchor_is_refused(camera_file, tmp_path):
    with pytest.raises(UserError, match="expected lat,lon"):
        run(camera_file, "--points", points_csv(tmp_path, PLACES), "--anchor", "104.05")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_points_of_an_indonesian_spreadsheet_are_those_of_a_program(camera_file, tmp_path, encoding, end):
    path = points_csv(tmp_path, PLACES, "U,V,X,Y")
    expected = run(camera_file, "--points", path)
    text = path.read_text().replace(",", ";").replace(".", ",").replace("\n", end)
    path.write_bytes(f"sep=;{end}{text};;;{end}".encode(encoding))
    assert run(camera_file, "--points", path) == expected


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("u,v,x,y\n1,5,2,3,4\n", "line 2 has more cells than the heading"),
        ("u;v;x;y\n1,5;2;13-Jan;4\n", r"point \[0\]\.ground\[0\]: Input should be a valid number"),
        ("u;v;x;y\n1;2;3,5;4\n1.5;2;3;4\n", "some decimals have a comma"),
        ("", "the file is empty"),
    ],
)
def test_points_that_a_spreadsheet_changed_are_refused_in_one_line(camera_file, tmp_path, content, fault):
    path = tmp_path / "points.csv"
    path.write_text(content)
    with pytest.raises(UserError, match=fault):
        run(camera_file, "--points", path)
