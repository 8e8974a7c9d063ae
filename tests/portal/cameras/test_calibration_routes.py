"""Trying out control points over the API."""

import pytest

from analytics.camera import Position
from analytics.geometry.geodesy import LocalFrame

PLACES = [
    ((167.9, 455.7), (-8.0, 20.0)),
    ((1035.3, 468.7), (8.0, 20.0)),
    ((320.4, 295.0), (-8.0, 30.0)),
    ((930.1, 301.5), (8.0, 30.0)),
    ((455.7, 152.6), (-8.0, 50.0)),
    ((838.1, 155.1), (8.0, 50.0)),
    ((777.3, 59.2), (18.0, 85.0)),
]
"""The last one is 10 m off."""
SITE = Position(lat=1.12, lon=104.04)


def asking(places=PLACES, **more):
    return {"image_size": [1280, 720], "points": [{"pixel": p, "ground": g} for p, g in places], **more}


@pytest.fixture
def operator(signed_in):
    return signed_in("sari")


def test_each_point_is_told_its_error(operator):
    answer = operator.post("/api/calibrate", json=asking())
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [point["fits"] for point in told["points"]] == [True] * 6 + [False]
    assert told["points"][-1]["error_m"] == pytest.approx(10, abs=0.5)
    assert told["rms_m"] < 0.1
    assert told["is_checked"]
    assert told["anchor"] is None


def test_places_on_the_map_count_from_the_camera(operator):
    positions = LocalFrame(SITE).to_wgs84([ground for _, ground in PLACES[:6]])
    points = [
        {"pixel": pixel, "lat": place.lat, "lon": place.lon}
        for (pixel, _), place in zip(PLACES[:6], positions, strict=True)
    ]
    told = operator.post("/api/calibrate", json=asking() | {"points": points, "camera": "laluan-1"}).json()
    assert told["anchor"] == {"lat": SITE.lat, "lon": SITE.lon}
    assert told["points"][5]["ground"] == pytest.approx([8, 50], abs=0.01)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (asking([(p, (-x, y)) for p, (x, y) in PLACES]), 422, "mirror image"),
        (asking(PLACES[:3]), 422, "points: "),
        (asking(PLACES * 8), 422, "points: "),
        (asking(points=[{"pixel": [1, 2]}] * 4), 422, "give either ground"),
        (asking(camera="bogus"), 404, "no such camera"),
    ],
    ids=["mirror", "few", "many", "nowhere", "camera"],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(operator, body, status, said):
    answer = operator.post("/api/calibrate", json=body)
    assert answer.status_code == status
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(("name", "status"), [("rina", 403), ("budi", 403), (None, 401)])
def test_only_operators_calibrate(signed_in, anonymous, name, status):
    client = signed_in(name) if name else anonymous
    assert client.post("/api/calibrate", json=asking()).status_code == status
