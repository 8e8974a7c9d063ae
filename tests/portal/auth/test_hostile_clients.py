"""Sign-in, sessions and accounts against a client that means harm."""

import time

import pytest

from pipelines.store.database_errors import DatabaseUnavailable
from pipelines.store.pool import transaction
from portal.auth.limited_code import ATTEMPTS
from portal.auth.people import Rights, add_person
from portal.auth.routes import RECORDED_FAILURES
from portal.auth.second_factor import set_up_codes
from portal.auth.totp import STEP_S, code_of, new_secret
from tests.support.portal import client_of, quick_hash, session_of, sign_in
from tests.support.sse import listening

PASSWORD = "empat kata yang panjang"
NEW = {"name": "baru", "password": PASSWORD, "roles": ["police"], "owners": [], "groups": []}


@pytest.fixture(autouse=True)
def accounts(pool, monkeypatch):
    """An admin with the role operator, and a planner, in the database."""
    monkeypatch.setattr("portal.auth.people.hash_password", quick_hash)
    with transaction(pool) as connection:
        add_person(connection, "ana", PASSWORD, Rights(("admin", "operator")), actor="test", configured=())
        add_person(connection, "tono", PASSWORD, Rights(("planner",)), actor="test", configured=())


@pytest.fixture
def admin(anonymous):
    assert sign_in(anonymous, "ana", PASSWORD).status_code == 200
    return anonymous


@pytest.fixture
def secret(pool):
    """Secret of the one-time codes of tono."""
    made = new_secret()
    with transaction(pool) as connection:
        set_up_codes(connection, "tono", made, code_of(made, step_now() - 1), time.time())
    return made


def step_now():
    return int(time.time() // STEP_S)


def wrong_codes(secret, number):
    right = {code_of(secret, step_now() + later) for later in range(-1, 4)}
    return [code for code in (f"{n:06}" for n in range(number + len(right))) if code not in right][:number]


def test_sign_in_ends_the_session_that_the_browser_had(anonymous, address):
    """A cookie that another person planted, or left behind, is worth nothing afterwards."""
    sign_in(anonymous, "tono", PASSWORD)
    planted = session_of(anonymous)
    with listening(anonymous) as stream:
        stream.next()
        sign_in(anonymous, "ana", PASSWORD)
        assert stream.ended(within_s=5)
    assert session_of(anonymous) != planted
    assert anonymous.get("/api/session").json()["user"]["name"] == "ana"
    with client_of(address, cookie=planted) as other:
        assert other.get("/api/session").json() == {"user": None}


def test_a_refused_sign_in_leaves_the_session(anonymous):
    sign_in(anonymous, "tono", PASSWORD)
    assert sign_in(anonymous, "ana", "salah").status_code == 401
    assert anonymous.get("/api/session").json()["user"]["name"] == "tono"


def test_admin_cannot_change_the_own_password_or_codes_without_the_present_ones(admin):
    assert admin.put("/api/people/ana/password", json={"password": "kata sandi yang lain"}).status_code == 409
    assert admin.delete("/api/people/ana/codes").status_code == 409
    assert admin.put("/api/people/tono/password", json={"password": "kata sandi yang lain"}).status_code == 204


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "a\x1b[2Kb", "a\u202eb", ""])
def test_names_of_owners_and_groups_that_forge_a_line_are_refused(admin, text):
    for field in ("owners", "groups"):
        answer = admin.post("/api/people", json={**NEW, field: [text]})
        assert (answer.status_code, field in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/sessions/a%00b"),
        ("DELETE", "/api/people/tono/sessions/a%00b"),
        ("GET", "/api/people/a%00b/sessions"),
        ("DELETE", "/api/people/a%00b/codes"),
        ("GET", "/api/incidents/a%00b"),
        ("GET", "/api/cameras/a%00b"),
        ("GET", "/api/history?camera=laluan-1&gate=a%00b"),
        ("DELETE", "/api/camera-reports/laluan-1/a%00b"),
    ],
)
def test_zero_bytes_in_an_address_find_nothing(admin, method, path):
    assert admin.request(method, path).status_code in (404, 422)


@pytest.mark.parametrize("text", ['"a\\u0000b"', '"a\\ud800b"'])
@pytest.mark.parametrize("field", ["name", "password", "code"])
def test_text_that_no_database_stores_is_no_fault_of_the_server(anonymous, secret, field, text):
    body = {"name": '"tono"', "password": f'"{PASSWORD}"', "code": '"000000"', field: text}
    content = "{" + ",".join(f'"{key}":{value}' for key, value in body.items()) + "}"
    answer = anonymous.post("/api/session", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (401, 422)


def test_a_refused_password_is_not_repeated_in_the_answer(anonymous):
    long = "rahasia" * 200
    answer = anonymous.post("/api/session", json={"name": "tono", "password": long})
    assert (answer.status_code, "rahasia" in answer.text) == (422, False)


def test_wrong_passwords_are_counted_for_all_addresses_of_an_ipv6_network(anonymous):
    headers = [{"X-Forwarded-For": f"2001:db8:0:1::{n:x}"} for n in range(6)]
    answers = [
        anonymous.post("/api/session", json={"name": "tono", "password": "salah"}, headers=each) for each in headers
    ]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]


def test_guessed_codes_are_counted_for_all_addresses(anonymous, secret):
    answers = [
        anonymous.post(
            "/api/session",
            json={"name": "tono", "password": PASSWORD, "code": code},
            headers={"X-Forwarded-For": f"203.0.113.{n}"},
        )
        for n, code in enumerate(wrong_codes(secret, ATTEMPTS + 1))
    ]
    assert [answer.status_code for answer in answers] == [401] * ATTEMPTS + [429]


def test_codes_are_removed_with_a_code_and_replaced_only_after_that(anonymous, secret):
    code = code_of(secret, step_now())
    assert sign_in(anonymous, "tono", PASSWORD).status_code == 428
    answer = anonymous.post("/api/session", json={"name": "tono", "password": PASSWORD, "code": code})
    assert answer.status_code == 200
    other = new_secret()
    replaced = {"password": PASSWORD, "secret": other, "code": code_of(other, step_now())}
    assert anonymous.put("/api/session/codes", json=replaced).status_code == 422
    removal = {"password": PASSWORD, "code": ""}
    for wrong in ("", code, wrong_codes(secret, 1)[0]):
        assert anonymous.post("/api/session/codes/removal", json={**removal, "code": wrong}).status_code == 422
    next_code = code_of(secret, step_now() + 1)
    assert anonymous.post("/api/session/codes/removal", json={**removal, "code": next_code}).status_code == 204
    assert anonymous.put("/api/session/codes", json=replaced).status_code == 200


@pytest.mark.parametrize("name", ["tono", "tidak-ada"])
def test_guesses_of_passwords_do_not_fill_the_audit_log(anonymous, pool, name):
    for n in range(RECORDED_FAILURES + 5):
        headers = {"X-Forwarded-For": f"203.0.113.{n}"}
        anonymous.post("/api/session", json={"name": name, "password": "salah"}, headers=headers)
    with transaction(pool) as connection:
        found = connection.execute("SELECT count(*) FROM audit_log WHERE action = 'sign-in failed'").fetchone()
    assert found == (RECORDED_FAILURES,)


def test_right_passwords_while_the_database_is_away_count_as_no_guesses(anonymous, secret, monkeypatch):
    def is_away(*_):
        raise DatabaseUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr("portal.auth.limited_code.check_code", is_away)
        code = {"name": "tono", "password": PASSWORD, "code": code_of(secret, step_now())}
        answers = [anonymous.post("/api/session", json=code).status_code for _ in range(ATTEMPTS + 2)]
        assert answers == [503] * (ATTEMPTS + 2)
    code["code"] = code_of(secret, step_now())
    assert anonymous.post("/api/session", json=code).status_code == 200
