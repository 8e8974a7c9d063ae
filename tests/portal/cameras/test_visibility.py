"""Hidden cameras: for a client without a session they do not exist at any address."""

import pytest

from analytics.facts import IncidentType, Level
from pipelines.events.schema import CountsReport, IncidentPhase, IncidentReport
from tests.support.portal_events import ago, level, minute, online


@pytest.fixture
def secret(store, config):
    """Events and files of every kind of the hidden camera."""
    start = minute(ago(120))
    store(
        online("kantor", ago(1)),
        level("kantor", "masuk", ago(1), Level.JAMMED, Level.FREE),
        CountsReport(camera_id="kantor", start_at=start, end_at=start, observed_s=10),
        IncidentReport(
            camera_id="kantor",
            incident_id="kantor-1",
            phase=IncidentPhase.RAISED,
            type=IncidentType.WRONG_WAY,
            start_at=ago(20),
            detected_at=ago(10),
            pixel=(1, 2),
            confidence=0.9,
            reason="against the traffic",
            snapshot="kantor-1",
        ),
    )
    for folder, name in (("hls/kantor", "index.m3u8"), ("snapshots", "kantor-1.jpg")):
        (config.data_dir / folder).mkdir(parents=True)
        (config.data_dir / folder / name).write_bytes(b"secret")


ADDRESSES = ["/api/cameras/kantor", "/api/cameras/kantor/counts", "/live/kantor/index.m3u8"]
ROLE_ADDRESSES = [
    "/api/history?camera=kantor&gate=utara",
    "/api/history.csv?camera=kantor&zone=masuk",
    "/api/incidents?camera=kantor",
    "/api/incidents/kantor-1",
    "/api/incidents/kantor-1/snapshot.jpg",
]


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("path", ADDRESSES)
def test_hidden_camera_has_the_same_answer_as_a_missing_one(anonymous, path):
    hidden, missing = anonymous.get(path), anonymous.get(path.replace("kantor", "tidak-ada"))
    assert hidden.status_code == 404
    assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json())


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("path", ADDRESSES + ROLE_ADDRESSES)
def test_operator_sees_the_hidden_camera(signed_in, path):
    assert signed_in("sari").get(path).status_code == 200


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("path", ROLE_ADDRESSES)
def test_routes_for_roles_do_not_reveal_the_hidden_camera(anonymous, path):
    hidden, missing = anonymous.get(path), anonymous.get(path.replace("kantor", "tidak-ada"))
    assert hidden.status_code == 401
    assert hidden.json() == missing.json() == {"detail": "Please sign in."}


@pytest.mark.usefixtures("secret")
def test_page_of_the_hidden_camera_is_not_found(anonymous, signed_in):
    assert anonymous.get("/camera/kantor").status_code == 404
    assert anonymous.get("/camera/laluan-1").status_code == 200
    assert signed_in("rina").get("/camera/kantor").status_code == 200


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("rina", "/api/history?camera=kantor&gate=utara", "/api/incidents"),
        ("budi", "/api/incidents", "/api/history?camera=kantor&gate=utara"),
    ],
)
def test_each_role_has_its_own_routes(signed_in, name, allowed, refused):
    client = signed_in(name)
    assert client.get(allowed).status_code == 200
    assert client.get(refused).status_code == 403
