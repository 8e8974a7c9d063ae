"""Accounts over HTTP: their admin adds, changes and disables them, within the own scope."""

import pytest
from pydantic import SecretStr

from pipelines.config.settings import UserConfig
from pipelines.store.audit_log import entries, problems
from pipelines.store.pool import transaction
from portal.auth.session_list_routes import ATTEMPTS
from portal.live import sse_routes
from tests.support.portal import client_of, quick_hash, serving, sign_in
from tests.support.sse import listening

PASSWORD = "empat kata yang panjang"
TONO = {"name": "tono", "password": PASSWORD, "roles": ["police"], "owners": ["Dishub"], "groups": []}


@pytest.fixture
def config(config):
    admins = [
        UserConfig(name=name, roles=("admin",), owners=owners, password_hash=SecretStr(quick_hash(PASSWORD)))
        for name, owners in (("ana", ()), ("dian", ("Dishub",)))
    ]
    return config.model_copy(update={"users": (*config.users, *admins)})


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    monkeypatch.setattr("portal.auth.people.hash_password", quick_hash)


@pytest.fixture
def admin(anonymous):
    assert sign_in(anonymous, "ana", PASSWORD).status_code == 200
    return anonymous


@pytest.fixture
def other(address):
    with client_of(address) as client:
        yield client


def log_of(pool):
    with transaction(pool) as connection:
        assert list(problems(entries(connection))) == []
        return [(entry.actor, entry.action, entry.subject) for entry in entries(connection)]


def named(client):
    return [account["name"] for account in client.get("/api/people").json()["accounts"]]


def test_account_lives_from_its_addition_to_its_end(admin, other, pool):
    added = admin.post("/api/people", json=TONO)
    assert added.status_code == 201, added.text
    assert added.json() == {
        "name": "tono", "roles": ["police"], "owners": ["Dishub"], "groups": [],
        "disabled": False, "configured": False, "cameras": 1,
    }  # fmt: skip
    assert sign_in(other, "tono", PASSWORD).status_code == 200
    assert other.get("/api/incidents").status_code == 200
    assert other.get("/api/incidents?camera=barelang").status_code == 403
    change = {"roles": ["planner"], "owners": [], "groups": [], "disabled": False}
    assert admin.put("/api/people/tono", json=change).status_code == 200
    assert other.get("/api/incidents").status_code == 403
    assert other.get("/api/history?camera=barelang&zone=view").status_code == 200
    assert admin.put("/api/people/tono", json={**change, "disabled": True}).json()["disabled"] is True
    assert other.get("/api/session").json() == {"user": None}
    assert sign_in(other, "tono", PASSWORD).status_code == 401
    assert admin.put("/api/people/tono", json=change).status_code == 200
    assert other.get("/api/session").json() == {"user": None}, "sessions do not come back"
    assert sign_in(other, "tono", PASSWORD).status_code == 200
    assert log_of(pool) == [
        ("ana", "signed in", "ana"),
        ("ana", "account added", "tono"),
        ("tono", "signed in", "tono"),
        ("ana", "rights changed", "tono"),
        ("ana", "account disabled", "tono"),
        ("unknown", "sign-in failed", "unknown account"),
        ("ana", "account enabled", "tono"),
        ("tono", "signed in", "tono"),
    ]


def test_admin_of_an_owner_manages_accounts_of_this_owner_only(admin, other):
    admin.post("/api/people", json=TONO)
    admin.post("/api/people", json={**TONO, "name": "umum", "owners": []})
    assert sign_in(other, "dian", PASSWORD).status_code == 200
    assert named(admin) == ["ana", "budi", "dian", "rina", "sari", "tono", "umum"]
    assert named(other) == ["dian", "tono"]
    wide = {"roles": ["operator"], "owners": [], "groups": []}
    for answer, status in [
        (other.post("/api/people", json={**TONO, **wide, "name": "luas"}), 403),
        (other.post("/api/people", json={**TONO, "name": "lain", "owners": ["Dishub", "Pelabuhan"]}), 403),
        (other.put("/api/people/tono", json={**wide, "disabled": False}), 403),
        (other.put("/api/people/umum", json={**wide, "owners": ["Dishub"], "disabled": True}), 404),
        (other.put("/api/people/umum/password", json={"password": PASSWORD}), 404),
        (other.get("/api/people/umum/sessions"), 404),
        (other.get("/api/people/ana/sessions"), 404),
        (other.delete("/api/people/umum/sessions/x"), 404),
        (other.post("/api/people", json={**TONO, "name": "baru"}), 201),
        (other.put("/api/people/tono/password", json={"password": PASSWORD}), 204),
    ]:
        assert answer.status_code == status, (answer.request.url, answer.text)


@pytest.mark.parametrize(
    ("change", "status", "part"),
    [
        ({"name": "Tono"}, 422, "small letters"),
        ({"name": ""}, 422, "small letters"),
        ({"name": "rina"}, 422, "configuration"),
        ({"password": "pendek"}, 422, "12 to 1000 characters"),
        ({"password": "tonotonotono"}, 422, "the name again"),
        ({"roles": []}, 422, "roles"),
        ({"roles": ["raja"]}, 422, "roles"),
        ({"admin": True}, 422, "Extra inputs"),
    ],
)
def test_unusable_account_is_refused_with_what_to_do(admin, change, status, part):
    answer = admin.post("/api/people", json={**TONO, **change})
    assert answer.status_code == status
    assert part in answer.json()["detail"]
    assert "tono" not in named(admin)


def test_taken_names_missing_accounts_and_the_own_account_are_refused(admin):
    assert admin.post("/api/people", json=TONO).status_code == 201
    assert "already" in admin.post("/api/people", json=TONO).json()["detail"]
    change = {"roles": ["planner"], "owners": [], "groups": [], "disabled": True}
    assert admin.put("/api/people/ana", json=change).status_code == 409
    assert admin.put("/api/people/rina", json=change).status_code == 404
    assert admin.put("/api/people/tidak-ada", json=change).status_code == 404


def test_own_sessions_are_listed_and_ended(signed_in, pool):
    desk, phone = signed_in("rina"), signed_in("rina")
    signed_in("budi")
    listed = desk.get("/api/sessions").json()["sessions"]
    assert [session["name"] for session in listed] == ["rina", "rina"]
    assert sum(session["current"] for session in listed) == 1
    (other,) = (session["id"] for session in listed if not session["current"])
    with listening(phone) as stream:
        stream.next()
        assert desk.delete(f"/api/sessions/{other}").status_code == 204
        assert stream.ended(within_s=5)
    assert phone.get("/api/session").json() == {"user": None}
    assert desk.delete(f"/api/sessions/{other}").status_code == 404
    (budi,) = signed_in("budi").get("/api/sessions").json()["sessions"][1:]
    assert desk.delete(f"/api/sessions/{budi['id']}").status_code == 404
    assert ("rina", "session ended", "rina") in log_of(pool)


def test_admin_ends_a_session_of_an_account(admin, signed_in):
    rina = signed_in("rina")
    (session,) = admin.get("/api/people/rina/sessions").json()["sessions"]
    assert set(session) == {"id", "name", "current", "network", "browser", "created_at", "seen_at", "expires_at"}
    assert session["network"] == "IPv4"
    assert admin.delete(f"/api/people/budi/sessions/{session['id']}").status_code == 404
    assert admin.delete(f"/api/people/rina/sessions/{session['id']}").status_code == 204
    assert rina.get("/api/session").json() == {"user": None}


def test_own_password_is_changed_with_the_present_one(admin, other, address):
    admin.post("/api/people", json=TONO)
    sign_in(other, "tono", PASSWORD)
    wrong = {"present": "salah", "next": "kata sandi yang lain"}
    right = {**wrong, "present": PASSWORD}
    assert other.put("/api/session/password", json={**right, "next": "pendek"}).status_code == 422
    assert other.put("/api/session/password", json=right).status_code == 204
    assert other.get("/api/session").json() == {"user": None}
    assert sign_in(other, "tono", PASSWORD).status_code == 401
    assert sign_in(other, "tono", right["next"]).status_code == 200
    assert [other.put("/api/session/password", json=wrong).status_code for _ in range(ATTEMPTS)] == [403] * ATTEMPTS
    assert other.put("/api/session/password", json=wrong).status_code == 429
    assert "configuration" in admin.put("/api/session/password", json=right).json()["detail"]


def test_stream_ends_when_the_rights_change(admin, other, monkeypatch):
    monkeypatch.setattr(sse_routes, "CHECK_SESSION_S", 0.0)
    monkeypatch.setattr(sse_routes, "KEEP_ALIVE_S", 0.1)
    admin.post("/api/people", json=TONO)
    sign_in(other, "tono", PASSWORD)
    with listening(other) as stream:
        stream.until(lambda name, _: name == "clock")
        assert not stream.ended(within_s=0.5)
        admin.put("/api/people/tono", json={"roles": ["police"], "owners": [], "groups": [], "disabled": False})
        assert stream.ended(within_s=5)


def test_accounts_of_the_database_survive_a_restart(config, pool, admin):
    admin.post("/api/people", json=TONO)
    with serving(config, pool) as address, client_of(address) as client:
        assert sign_in(client, "tono", PASSWORD).status_code == 200


def test_name_of_no_account_is_not_recorded(anonymous, pool):
    """It may be a password that was typed into the wrong field."""
    sign_in(anonymous, "sandi-rahasia", "x")
    assert log_of(pool) == [("unknown", "sign-in failed", "unknown account")]
