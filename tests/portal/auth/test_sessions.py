"""Sessions: stored by the hash of a token, expiring, revoked, and going on while the database is away."""

import base64
import hashlib
import hmac
import json

import pytest

from pipelines.errors import UserError
from portal.auth.client_description import ClientDescription
from portal.auth.revoked_sessions import RevokedSessions
from portal.auth.session_table import IDLE_S, LIFETIME_S
from portal.auth.sessions import CHECK_EVERY_S, open_sessions, session_key
from portal.auth.users import User, Users
from tests.support.portal import quick_hash

RINA = User("rina", frozenset({"planner"}), quick_hash("planner-password"))
BUDI = User("budi", frozenset({"police"}), quick_hash("police-password"))
NOW = 1_800_000_000.0


CLIENT = ClientDescription("IPv4", "Firefox, Android")


@pytest.fixture
def started(tmp_path, pool):
    """`started()`: the sessions of a portal that has just started."""

    def start(users=(RINA, BUDI), now=NOW, folder=tmp_path):
        return open_sessions(folder, Users(users), now, pool)

    return start


@pytest.fixture
def sessions(started):
    return started()


def test_session_is_valid_until_its_expiry(sessions):
    cookie = sessions.open(RINA, CLIENT, NOW)
    for at in range(0, LIFETIME_S, IDLE_S // 2):
        session = sessions.read(cookie, NOW + at)
        assert (session.user, session.expires_at) == (RINA, NOW + LIFETIME_S)
    assert sessions.read(cookie, NOW + LIFETIME_S - 1).user == RINA
    assert sessions.read(cookie, NOW + LIFETIME_S) is None


def test_session_without_requests_ends_earlier(sessions):
    cookie = sessions.open(RINA, CLIENT, NOW)
    assert sessions.read(cookie, NOW + IDLE_S - 1).user == RINA
    assert sessions.read(cookie, NOW + 2 * IDLE_S - 2).user == RINA
    assert sessions.read(cookie, NOW + 3 * IDLE_S) is None


def test_neither_token_nor_cookie_is_stored(sessions, pool):
    cookie = sessions.open(RINA, CLIENT, NOW)
    token = sessions._serializer.loads(cookie)
    with pool.connection() as connection:
        (stored,) = connection.execute("SELECT s::text, encode(token_hash, 'hex') FROM sessions s").fetchall()
    assert token not in stored[0]
    assert stored[1] == hashlib.sha256(token.encode()).hexdigest()


def test_forged_cookie_costs_no_query(sessions, pool):
    cookie = sessions.open(RINA, CLIENT, NOW)
    pool.close()
    assert sessions.read(cookie[:-1] + ("A" if cookie[-1] != "A" else "B"), NOW) is None
    assert not sessions.is_genuine("x.y")
    assert sessions.is_genuine(cookie)


def test_sessions_go_on_while_the_database_is_away(sessions, pool):
    cookie, ended = sessions.open(RINA, CLIENT, NOW), sessions.open(RINA, CLIENT, NOW)
    assert sessions.read(cookie, NOW).user == RINA
    revoked = sessions.read(ended, NOW)
    pool.close()
    assert sessions.read(cookie, NOW + 60).user == RINA
    assert sessions.read(cookie, NOW + IDLE_S) is None
    sessions.revoke(revoked, NOW)
    assert sessions.read(ended, NOW + 60) is None


def test_session_that_another_portal_ended_is_refused_within_seconds(sessions, started):
    cookie = sessions.open(RINA, CLIENT, NOW)
    session = sessions.read(cookie, NOW)
    other = started()
    assert not other.end(session.id, ["budi"], NOW, actor="budi"), "it is not Budi's"
    assert sessions.read(cookie, NOW + CHECK_EVERY_S).user == RINA
    assert other.end(session.id, ["rina"], NOW, actor="admin")
    assert sessions.read(cookie, NOW + 2 * CHECK_EVERY_S) is None
    assert not other.end(session.id, ["rina"], NOW, actor="admin")


def test_list_has_the_open_sessions_of_the_account(sessions, pool):
    sessions.open(RINA, CLIENT, NOW - IDLE_S)
    sessions.open(BUDI, CLIENT, NOW)
    sessions.open(RINA, ClientDescription("IPv6", ""), NOW)
    (mine,) = sessions.sessions_of(["rina"], NOW + 1)
    assert (mine.name, mine.network, mine.browser) == ("rina", "IPv6", "")
    assert {session.name for session in sessions.sessions_of(None, NOW + 1)} == {"rina", "budi"}
    with pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM sessions").fetchone() == (2,), "the old one is deleted"


def test_revoked_session_is_refused_and_the_others_of_the_user_stay_valid(sessions):
    office, phone = sessions.open(RINA, CLIENT, NOW), sessions.open(RINA, CLIENT, NOW)
    sessions.revoke(sessions.read(office, NOW), NOW)
    assert sessions.read(office, NOW) is None
    assert sessions.read(phone, NOW).user == RINA


def test_revocation_survives_a_restart(sessions, started):
    revoked, open_ = sessions.open(RINA, CLIENT, NOW), sessions.open(BUDI, CLIENT, NOW)
    sessions.revoke(sessions.read(revoked, NOW), NOW)
    restarted = started(now=NOW + 1)
    assert restarted.read(revoked, NOW + 1) is None
    assert restarted.read(open_, NOW + 1).user == BUDI


@pytest.mark.parametrize("users", [[BUDI], [User("rina", RINA.roles, quick_hash("another")), BUDI]])
def test_session_ends_with_the_user_or_the_password(sessions, started, users):
    cookie = sessions.open(RINA, CLIENT, NOW)
    assert started(users).read(cookie, NOW) is None


def test_tampered_cookies_are_refused(sessions):
    cookie = sessions.open(RINA, CLIENT, NOW)
    payload, _, signature = cookie.rpartition(".")
    for value in (
        f"{payload[::-1]}.{signature}",
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
        assert not sessions.is_genuine(value), value
    assert sessions.read(cookie, NOW).user == RINA


def test_cookie_of_another_installation_is_refused(sessions, started, tmp_path):
    other = started(folder=tmp_path / "other")
    assert sessions.read(other.open(RINA, CLIENT, NOW), NOW) is None


def test_cookie_of_version_0_1_0_is_refused(sessions, tmp_path):
    claims = {"name": "rina", "until": NOW + LIFETIME_S, "of": "0" * 16}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode())
    signature = hmac.new(session_key(tmp_path), payload, hashlib.sha256).hexdigest()
    assert sessions.read(f"{payload.decode()}.{signature}", NOW) is None


def test_cookie_of_before_sessions_were_stored_is_refused(sessions):
    claims = {"id": "a", "name": "rina", "until": NOW + LIFETIME_S, "password": sessions._password_mark(RINA)}
    assert sessions.read(sessions._serializer.dumps(claims), NOW) is None


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
