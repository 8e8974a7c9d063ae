"""Every route of the portal with every kind of account and camera: no answer contains a camera out of its rights."""

import json
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI

from analytics.camera import Position, Visibility
from analytics.facts import Level
from pipelines.config.portal_settings import PortalConfig
from pipelines.config.settings import CameraConfig, CityConfig, Config, SiteConfig, StoreConfig, UserConfig
from portal.auth.route_rules import ALL_CLIENTS, Rule, RuleMark, rules_of
from portal.rights_document import rights_document
from tests.support.portal import client_of, quick_hash, serving
from tests.support.portal_events import ago, incident, level, online
from tests.support.servers import wait_until
from tests.support.sse import listening

DOCUMENT = Path(__file__).parents[3] / "docs" / "rights.md"


@dataclass(frozen=True)
class OneCamera:
    """A camera of the matrix."""

    id: str
    public: bool
    owner: str | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account:
    """An account of the matrix; without roles, a client without a session."""

    name: str
    roles: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    cookie: tuple[tuple[str, str], ...] = ()

    def covers(self, camera):
        """The rule of scopes, written a second time."""
        owner = self.owners == () or camera.owner in self.owners
        return bool(self.roles) and owner and (self.groups == () or bool(set(camera.groups) & set(self.groups)))

    def has(self, role):
        return role in self.roles or (role in ("planner", "police") and "operator" in self.roles)


CAMERAS = (
    OneCamera("kota-umum", public=True),
    OneCamera("kota-dalam", public=False),
    OneCamera("pelabuhan-umum", public=True, owner="Pelabuhan", groups=("gerbang",)),
    OneCamera("pelabuhan-dalam", public=False, owner="Pelabuhan"),
    OneCamera("pelabuhan-gerbang", public=False, owner="Pelabuhan", groups=("gerbang",)),
    OneCamera("tol-gerbang", public=False, owner="Jasa Marga", groups=("gerbang", "tol")),
)
ACCOUNTS = (
    Account("tanpa-sesi"),
    Account("palsu", cookie=(("simpang_session_00000000", "x"),)),
    Account("perencana", ("planner",)),
    Account("polisi", ("police",)),
    Account("operator", ("operator",)),
    Account("admin", ("admin",)),
    Account("perencana-pelabuhan", ("planner",), owners=("Pelabuhan",)),
    Account("polisi-pelabuhan", ("police",), owners=("Pelabuhan",)),
    Account("operator-pelabuhan", ("operator",), owners=("Pelabuhan",)),
    Account("operator-gerbang", ("operator",), groups=("gerbang",)),
    Account("polisi-gerbang-pelabuhan", ("police", "planner"), owners=("Pelabuhan",), groups=("gerbang",)),
    Account("operator-tanpa-kamera", ("operator",), owners=("Bandara",)),
)
FILES = ("index.m3u8", "still.jpg", "preview.jpg", "s1.m4s")
OF_CAMERA = {"camera_id": "{camera}", "site_id": "site-{camera}", "incident_id": "{camera}-001"}
"""Value of a parameter in a path, by its name, for routes of one camera."""
PAGE_OF_INCIDENT = "/kejadian/{incident_id}"
"""Page that is the same for all ids: it asks the API for the incident."""
OTHERS = {"version": ("1",), "file": FILES, "session_id": ("x",), "name": ("tidak-ada",), "kind": ("no_picture",)}
"""Values of the other parameters."""
QUERIES = {
    "/api/history": ("?camera={camera}&gate=utara",),
    "/api/history.csv": ("?camera={camera}&gate=utara",),
    "/api/incidents": ("", "?camera={camera}"),
    "/api/v1/history.csv": ("?camera={camera}&gate=utara",),
    "/api/v1/history.parquet": ("?camera={camera}&gate=utara",),
    "/live/{camera_id}/access": ("?file=index.m3u8", "?file=still.jpg"),
    "/live/{camera_id}.small/access": ("?file=index.m3u8",),
}
CORNERS = [(10, 10), (90, 10), (90, 90), (10, 90)]
BODIES = {
    "/api/calibrate": {
        "camera": "{camera}",
        "image_size": [100, 100],
        "points": [{"pixel": corner, "ground": corner} for corner in CORNERS],
    }
}
GEOMETRY = {
    "image_size": [1280, 720],
    "gates": [{"id": "utara", "p1": [100, 400], "p2": [900, 400]}],
    "zones": [{"id": "masuk", "polygon": [[0, 300], [640, 300], [640, 720], [0, 720]]}],
}


@pytest.fixture
def config(tmp_path, reused_postgres_dsn):
    (tmp_path / "simpang.json").write_text(json.dumps(GEOMETRY))
    return Config(
        city=CityConfig(name="Batam", simulated=True),
        sites=tuple(
            SiteConfig(id=f"site-{camera.id}", name=f"Simpang {camera.id}", position=Position(lat=1.1, lon=104.0))
            for camera in CAMERAS
        ),
        cameras=tuple(
            CameraConfig(
                id=camera.id,
                name=f"Kamera {camera.id}",
                url=f"rtsp://10.0.0.7/{number}",
                site=f"site-{camera.id}",
                owner=camera.owner,
                groups=camera.groups,
                visibility=Visibility.PUBLIC if camera.public else Visibility.OPERATORS,
                geometry=tmp_path / "simpang.json",
            )
            for number, camera in enumerate(CAMERAS)
        ),
        users=tuple(
            UserConfig(
                name=account.name,
                roles=account.roles,
                owners=account.owners,
                groups=account.groups,
                password_hash=quick_hash("kata-sandi"),
            )
            for account in ACCOUNTS
            if account.roles
        ),
        store=StoreConfig(dsn=reused_postgres_dsn),
        data_dir=tmp_path / "data",
        portal=PortalConfig(port=0, narration=tmp_path / "narration.jsonl"),
    )


@pytest.fixture
def content(config, store):
    """Reports, incidents, media, pictures and a narrated event of every camera. Each contains the camera's id."""
    for camera in CAMERAS:
        store(
            online(camera.id, ago(1), reason=f"alamat {camera.id}"),
            level(camera.id, "masuk", ago(1), Level.JAMMED),
            incident(1, camera_id=camera.id, snapshot=f"{camera.id}-001", reason=f"dekat {camera.id}"),
        )
        live = "hls/" + camera.id
        for folder, names in ((live, FILES), (live + ".small", FILES), ("snapshots", (f"{camera.id}-001.jpg",))):
            (config.data_dir / folder).mkdir(parents=True, exist_ok=True)
            for name in names:
                (config.data_dir / folder / name).write_bytes(f"isi {camera.id}".encode())
    lines = [
        {"at": "2026-11-23T04:00:00Z", "camera_id": camera.id, "text": {"id": f"di {camera.id}"}} for camera in CAMERAS
    ]
    config.portal.narration.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def portal(config, pool, content, monkeypatch):
    """The address of a portal that has read all reports, its rules, and a client of each account."""
    monkeypatch.setattr("portal.live.small_videos.SmallVideos.want", lambda self, camera_id: True)
    rules = {}
    with serving(config, pool, lambda app: rules.update(rules_of(app))) as address, ExitStack() as clients:
        sessions = {}
        for account in ACCOUNTS:
            client = clients.enter_context(client_of(address))
            client.cookies.update(dict(account.cookie))
            if account.roles:
                answer = client.post("/api/session", json={"name": account.name, "password": "kata-sandi"})
                assert answer.status_code == 200, answer.text
            sessions[account] = client
        operator = sessions[ACCOUNTS[4]]
        wait_until(lambda: len(operator.get("/api/narration").json()["events"]) == len(CAMERAS), "the narration")
        wait_until(
            lambda: all(each["reason"] for each in operator.get("/api/cameras").json()["cameras"]), "the reports"
        )
        yield rules, sessions


def named(text):
    """Cameras whose id stands in a text."""
    return {camera.id for camera in CAMERAS if camera.id in text}


def allowed(rule, account):
    """Cameras that an answer may contain, by the rule of the route."""
    if rule is Rule.ALL_CLIENTS:
        return {camera.id for camera in CAMERAS if camera.public}
    if rule is Rule.VISIBLE_CAMERAS:
        return {camera.id for camera in CAMERAS if camera.public or account.covers(camera)}
    if rule in (Rule.ADMIN, Rule.SIGNED_IN) or not account.has(rule):
        return set()
    return {camera.id for camera in CAMERAS if account.covers(camera)}


def addresses(path, camera):
    """Addresses of a route for one camera: each file, each query."""
    filled = [path]
    for name in re.findall(r"{(\w+)}", path):
        values = [OF_CAMERA[name].format(camera=camera)] if name in OF_CAMERA else OTHERS.get(name)
        assert values, f"{path}: give values of {name} for this test"
        filled = [each.replace("{" + name + "}", value) for each in filled for value in values]
    queries = [query.format(camera=camera) for query in QUERIES.get(path, ("",))]
    return [address + query for address in filled for query in queries]


def cases(rules):
    """Requests of all routes that change nothing for the next one: method, path, rule, camera and address.

    The camera is None for a route that names none.
    """
    for (method, path), rule in rules.items():
        if (method, path) in (("POST", "/api/session"), ("DELETE", "/api/session"), ("GET", "/{file}")):
            continue
        for camera in CAMERAS:
            for address in addresses(path, camera.id):
                of_camera = any("{" + name + "}" in path for name in OF_CAMERA) and path != PAGE_OF_INCIDENT
                if of_camera or "camera=" in address or path in BODIES:
                    yield method, path, rule, camera, address
                elif camera is CAMERAS[0]:
                    yield method, path, rule, None, address


def refusals(rule, account, camera):
    """Statuses one of which is right; empty where the client has the right, and any other status is."""
    if rule is Rule.ALL_CLIENTS:
        return {403, 404} if camera and not camera.public else set()
    if rule is Rule.VISIBLE_CAMERAS:
        return {404} if camera and not camera.public and not account.covers(camera) else set()
    if not account.roles:
        return {401}
    if rule is not Rule.SIGNED_IN and not account.has(rule):
        return {403}
    if camera is None or account.covers(camera):
        return set()
    return {403, 404} if camera.public else {404}


def asked(client, method, path, address, camera):
    if path == "/api/stream":
        with listening(client) as stream:
            events = []
            stream.until(lambda name, data: events.append((name, data)) or name == "clock")
        return httpx.Response(200, text=json.dumps(events))
    body = json.loads(json.dumps(BODIES[path]).replace("{camera}", camera.id)) if path in BODIES else None
    return client.request(method, address, json=body)


def test_no_answer_contains_a_camera_out_of_the_rights_of_the_client(portal):
    rules, sessions = portal
    wrong, count = [], 0
    for method, path, rule, camera, address in cases(rules):
        for account, client in sessions.items():
            answer = asked(client, method, path, address, camera)
            count += 1
            shown = named(answer.text) - allowed(rule, account)
            refused = refusals(rule, account, camera)
            is_right = answer.status_code in refused if refused else answer.status_code not in (401, 403, 500)
            if not refused and camera is not None and answer.status_code == 404:
                is_right = "No evidence of this incident is stored" in answer.text
            if shown or not is_right:
                wrong.append(f"{method} {address} as {account.name}: {answer.status_code} shows {shown}, not {refused}")
    assert wrong == [], "\n".join(wrong)
    assert count > 1000, "the matrix is almost empty"


def test_lists_contain_every_camera_of_the_rights(portal):
    """Without it, a portal that shows nothing would pass."""
    _, sessions = portal
    for account, client in sessions.items():
        visible = {camera.id for camera in CAMERAS if camera.public or account.covers(camera)}
        for path in ("/api/cameras", "/api/roads", "/api/narration"):
            shown = named(client.get(path).text)
            assert shown == (visible if path != "/api/roads" else shown & visible), (account.name, path)
        of_police = {camera.id for camera in CAMERAS if account.has("police") and account.covers(camera)}
        assert named(client.get("/api/incidents").text) == of_police, account.name
        reasons = {each["id"] for each in client.get("/api/cameras").json()["cameras"] if each["reason"]}
        assert reasons == {each.id for each in CAMERAS if account.has("operator") and account.covers(each)}


def test_hidden_camera_out_of_scope_has_the_answer_of_a_missing_one(portal):
    rules, sessions = portal
    (port,) = (client for account, client in sessions.items() if account.name == "operator-pelabuhan")
    missing, count = OneCamera("tidak-ada", public=False), 0
    for method, path, _, camera, address in cases(rules):
        if camera is not None and camera.id == "kota-dalam":
            found = asked(port, method, path, address, camera)
            other = asked(port, method, path, address.replace(camera.id, missing.id), missing)
            assert (found.status_code, found.content) == (other.status_code, other.content), address
            count += 1
    assert count > 10


def test_streams_carry_later_incidents_to_police_of_their_cameras_only(portal, store):
    _, sessions = portal
    clients = {account.name: client for account, client in sessions.items()}
    with (
        listening(clients["polisi-pelabuhan"]) as port,
        listening(clients["perencana"]) as planner,
        listening(clients["tanpa-sesi"]) as anonymous,
    ):
        for stream in (port, planner, anonymous):
            stream.until(lambda name, _: name == "clock")
        store(
            *(
                incident(1, camera_id=each, start_at=ago(9), detected_at=ago(1)).model_copy(
                    update={"incident_id": f"{each}-baru"}
                )
                for each in ("kota-umum", "tol-gerbang", "pelabuhan-dalam")
            )
        )
        seen = []
        port.until(lambda name, data: name == "incident" and (seen.append(data["id"]) or data["id"].startswith("pel")))
        assert seen == ["pelabuhan-dalam-baru"]
        for stream in (planner, anonymous):
            names = []
            stream.until(lambda name, _, names=names: names.append(name) or name == "clock")
            assert "incident" not in names


def test_a_route_without_a_rule_or_with_two_is_refused():
    app = FastAPI(openapi_url=None)
    router = APIRouter()
    router.add_api_route("/free", lambda: None, dependencies=[ALL_CLIENTS])
    app.include_router(router)
    assert rules_of(app) == {("GET", "/free"): Rule.ALL_CLIENTS}
    app.add_api_route("/forgotten", lambda: None)
    with pytest.raises(RuntimeError, match="GET /forgotten: has 0 rules, not one"):
        rules_of(app)
    app = FastAPI(openapi_url=None)
    app.add_api_route("/both", lambda: None, dependencies=[ALL_CLIENTS, Depends(RuleMark(Rule.POLICE))])
    with pytest.raises(RuntimeError, match="GET /both: has 2 rules"):
        rules_of(app)
    app = FastAPI(openapi_url=None)
    app.mount("/files", FastAPI(openapi_url=None))
    with pytest.raises(RuntimeError, match="can have no rule"):
        rules_of(app)


def test_the_document_is_that_of_the_code():
    """To write it again, replace the tables by the output of `python -m portal.rights_document`."""
    assert rights_document().strip() in DOCUMENT.read_text(encoding="utf-8")
