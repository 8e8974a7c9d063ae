"""Sessions: signed, expiring, revoked on sign-out."""

import base64
import hashlib
import hmac
import json

import pytest

from pipelines.errors import UserError
from portal.auth.revoked_sessions import RevokedSessions
from portal.auth.sessions import LIFETIME_S, open_sessions, session_key
from portal.auth.users import User, Users
from tests.support.portal import quick_hash

RINA = User("rina", frozenset({"planner"}), quick_hash("planner-password"))
BUDI = User("budi", frozenset({"police"}), quick_hash("police-password"))
NOW = 1_800_000_000.0


@pytest.fixture
def sessions(tmp_path):
    return open_sessions(tmp_path, Users([RINA, BUDI]), NOW)


def test_session_is_valid_until_its_expiry(sessions):
    cookie = sessions.open(RINA, NOW)
    session = sessions.read(cookie, NOW + LIFETIME_S - 1)
    assert (session.user, session.expires_at) == (RINA, NOW + LIFETIME_S)
    assert sessions.read(cookie, NOW + LIFETIME_S) is None


def test_revoked_session_is_refused_and_the_others_of_the_user_stay_valid(sessions):
    office, phone = sessions.open(RINA, NOW), sessions.open(RINA, NOW)
    sessions.revoke(sessions.read(office, NOW), NOW)
    assert sessions.read(office, NOW) is None
    assert sessions.read(phone, NOW).user == RINA


def test_revocation_survives_a_restart(sessions, tmp_path):
    revoked, open_ = sessions.open(RINA, NOW), sessions.open(BUDI, NOW)
    sessions.revoke(sessions.read(revoked, NOW), NOW)
    restarted = open_sessions(tmp_path, Users([RINA, BUDI]), NOW + 1)
    assert restarted.read(revoked, NOW + 1) is None
    assert restarted.read(open_, NOW + 1).user == BUDI


@pytest.mark.parametrize("users", [[BUDI], [User("rina", RINA.roles, quick_hash("another")), BUDI]])
def test_session_ends_with_the_user_or_the_password(sessions, tmp_path, users):
    cookie = sessions.open(RINA, NOW)
    assert open_sessions(tmp_path, Users(users), NOW).read(cookie, NOW) is None


def test_tampered_cookies_are_refused(sessions, tmp_path):
    cookie = sessions.open(RINA, NOW)
    payload, _, signature = cookie.rpartition(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "name": "budi"}).encode()).decode().rstrip("=")
    for value in (
        f"{forged}.{signature}",
        f"{payload}.{'0' * len(signature)}",
        f"{payload}.",
        payload,
        f"x{cookie}",
        f".{cookie}",
        "",
        ".",
        "é.é",
        "[" * 9999,
        None,
    ):
        assert sessions.read(value, NOW) is None, value
    assert sessions.read(cookie, NOW).user == RINA


def test_cookie_of_another_installation_is_refused(sessions, tmp_path):
    other = open_sessions(tmp_path / "other", Users([RINA]), NOW)
    assert sessions.read(other.open(RINA, NOW), NOW) is None


def test_cookie_of_version_0_1_0_is_refused(sessions, tmp_path):
    claims = {"name": "rina", "until": NOW + LIFETIME_S, "of": "0" * 16}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode())
    signature = hmac.new(session_key(tmp_path), payload, hashlib.sha256).hexdigest()
    assert sessions.read(f"{payload.decode()}.{signature}", NOW) is None


def test_truncated_key_is_an_error(tmp_path):
    (tmp_path / "session.key").write_bytes(b"")
    with pytest.raises(UserError, match=r"session\.key: is cut short; delete it"):
        session_key(tmp_path)


def test_key_that_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "session.key").mkdir()
    with pytest.raises(UserError, match=r"session\.key: cannot be read .*; correct its access rights"):
        session_key(tmp_path)


def test_revocations_are_dropped_when_the_session_would_have_expired(tmp_path):
    path = tmp_path / "revoked_sessions.json"
    revoked = RevokedSessions(path, NOW)
    revoked.add("short", NOW + 10, NOW)
    revoked.add("long", NOW + 100, NOW + 9)
    assert json.loads(path.read_text()) == {"short": NOW + 10, "long": NOW + 100}
    revoked.add("next", NOW + 200, NOW + 10)
    assert json.loads(path.read_text()) == {"long": NOW + 100, "next": NOW + 200}
    assert "long" in RevokedSessions(path, NOW + 99)
    assert "long" not in RevokedSessions(path, NOW + 100)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": "b"}'])
def test_unreadable_revocations_are_an_error_with_a_safe_remedy(tmp_path, content):
    path = tmp_path / "revoked_sessions.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"revoked_sessions\.json: .*delete it together with session\.key"):
        RevokedSessions(path, NOW)


def test_session_is_revoked_even_if_the_file_cannot_be_written(tmp_path):
    revoked = RevokedSessions(tmp_path / "missing-folder" / "revoked_sessions.json", NOW)
    revoked.add("a", NOW + 10, NOW)
    assert "a" in revoked
