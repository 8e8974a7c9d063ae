"""Trial calibration over HTTP."""

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
"""Control points as (pixel, metres); the last is 10 m off."""
SITE = Position(lat=1.12, lon=104.04)


def request_of(places=PLACES, **more):
    return {"image_size": [1280, 720], "points": [{"pixel": p, "ground": g} for p, g in places], **more}


@pytest.fixture
def operator(signed_in):
    return signed_in("sari")


def test_answer_has_the_error_of_each_point(operator):
    answer = operator.post("/api/calibrate", json=request_of())
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [point["fits"] for point in found["points"]] == [True] * 6 + [False]
    assert found["points"][-1]["error_m"] == pytest.approx(10, abs=0.5)
    assert found["rms_m"] < 0.1
    assert found["is_checked"]
    assert found["anchor"] is None


def test_points_on_the_map_are_relative_to_the_camera(operator):
    positions = LocalFrame(SITE).to_wgs84([ground for _, ground in PLACES[:6]])
    points = [
        {"pixel": pixel, "lat": place.lat, "lon": place.lon}
        for (pixel, _), place in zip(PLACES[:6], positions, strict=True)
    ]
    found = operator.post("/api/calibrate", json=request_of() | {"points": points, "camera": "laluan-1"}).json()
    assert found["anchor"] == {"lat": SITE.lat, "lon": SITE.lon}
    assert found["points"][5]["ground"] == pytest.approx([8, 50], abs=0.01)


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (request_of([(p, (-x, y)) for p, (x, y) in PLACES]), 422, "mirror image"),
        (request_of(PLACES[:3]), 422, "points: "),
        (request_of(PLACES * 8), 422, "points: "),
        (request_of(points=[{"pixel": [1, 2]}] * 4), 422, "give either ground"),
        (request_of(camera="bogus"), 404, "no such camera"),
    ],
    ids=["mirror", "few", "many", "nowhere", "camera"],
)
def test_unusable_points_are_refused_with_a_sentence(operator, body, status, sentence):
    answer = operator.post("/api/calibrate", json=body)
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]


@pytest.mark.parametrize(("name", "status"), [("rina", 403), ("budi", 403), (None, 401)])
def test_only_operators_may_calibrate(signed_in, anonymous, name, status):
    client = signed_in(name) if name else anonymous
    assert client.post("/api/calibrate", json=request_of()).status_code == status
