"""One-time codes: the vectors of RFC 6238, and sign-in with them."""

import base64
import time

import pytest

from pipelines.store.audit_log import entries
from pipelines.store.pool import transaction
from portal.auth.people import Rights, add_person
from portal.auth.totp import STEP_S, code_of, is_secret, matching_step, new_secret, recovery_hash
from tests.support.portal import quick_hash

PASSWORD = "empat kata yang panjang"
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(at, code):
    assert code_of(RFC_SECRET, at // STEP_S, digits=8) == code


def test_a_code_is_valid_for_a_step_before_and_after_and_once():
    code, step = code_of(RFC_SECRET, 100), 100
    for now, found in [(98.9, None), (99, step), (100, step), (101.9, step), (102, None)]:
        assert matching_step(RFC_SECRET, code, now * STEP_S, 0) == found, now
    assert matching_step(RFC_SECRET, code, 100 * STEP_S, used_step=100) is None
    for wrong in ("", "1", code[:-1], code + "0", "é" * 6, "١٢٣٤٥٦"):
        assert matching_step(RFC_SECRET, wrong, 100 * STEP_S, 0) is None, wrong


@pytest.mark.parametrize("text", ["", "A", "ABC", "A" * 31, "a" * 32, "1" * 32, "é" * 32])
def test_short_or_damaged_secrets_are_refused(text):
    assert is_secret(new_secret())
    assert not is_secret(text)


def test_recovery_codes_may_be_typed_without_hyphens_and_in_capitals():
    assert recovery_hash("abcd-efgh") == recovery_hash(" ABCDEFGH ")


@pytest.fixture
def tono(anonymous, pool, monkeypatch):
    """A client that is signed in with an account of the database."""
    monkeypatch.setattr("portal.auth.people.hash_password", quick_hash)
    with transaction(pool) as connection:
        add_person(connection, "tono", PASSWORD, Rights(("planner",)), actor="test", configured=())
    assert signing_in(anonymous) == 200
    return anonymous


def signing_in(client, code=""):
    credentials = {"name": "tono", "password": PASSWORD} | ({"code": code} if code else {})
    return client.post("/api/session", json=credentials).status_code


def set_up(client):
    """The secret and the recovery codes of the account."""
    secret = client.post("/api/session/codes/secret", json={"password": PASSWORD}).json()["secret"]
    answer = client.put(
        "/api/session/codes", json={"password": PASSWORD, "secret": secret, "code": code_now(secret, -1)}
    )
    assert answer.status_code == 200, answer.text
    return secret, answer.json()["codes"]


def code_now(secret, later=0):
    return code_of(secret, int(time.time() // STEP_S) + later)


def test_sign_in_needs_the_code_and_takes_each_once(tono):
    assert tono.get("/api/session/codes").json() == {"active": False}
    secret, recovery = set_up(tono)
    assert tono.get("/api/session/codes").json() == {"active": True}
    tono.delete("/api/session")
    assert signing_in(tono) == 428
    assert tono.get("/api/session").json() == {"user": None}
    assert signing_in(tono, "000000" if code_now(secret) != "000000" else "111111") == 401
    code = code_now(secret)
    assert signing_in(tono, f"{code[:3]} {code[3:]}") == 200
    tono.delete("/api/session")
    assert signing_in(tono, code) == 401
    assert len(set(recovery)) == 10
    assert signing_in(tono, recovery[0].upper()) == 200
    assert signing_in(tono, recovery[0]) == 401
    assert signing_in(tono, recovery[1]) == 200


def test_guessed_codes_are_limited(tono):
    secret, _ = set_up(tono)
    wrong = [
        f"{number:06}" for number in range(7) if f"{number:06}" not in {code_now(secret, n) for n in (-1, 0, 1, 2)}
    ]
    assert [signing_in(tono, code) for code in wrong[:6]] == [401] * 5 + [429]


def test_a_missing_code_costs_no_attempt(tono):
    set_up(tono)
    assert [signing_in(tono) for _ in range(8)] == [428] * 8


def test_codes_need_the_password_and_the_right_code(tono, pool):
    secret = tono.post("/api/session/codes/secret", json={"password": PASSWORD}).json()["secret"]
    assert tono.post("/api/session/codes/secret", json={"password": "salah"}).status_code == 403
    right = {"password": PASSWORD, "secret": secret, "code": code_now(secret)}
    assert tono.put("/api/session/codes", json={**right, "password": "salah"}).status_code == 403
    assert tono.put("/api/session/codes", json={**right, "code": code_now(secret, 5)}).status_code == 422
    assert tono.put("/api/session/codes", json={**right, "secret": "AAAA"}).status_code == 422
    assert tono.put("/api/session/codes", json=right).status_code == 200
    removal = {"password": PASSWORD, "code": code_now(secret, 1)}
    assert tono.post("/api/session/codes/removal", json={**removal, "password": "salah"}).status_code == 403
    assert tono.post("/api/session/codes/removal", json=removal).status_code == 204
    assert tono.post("/api/session/codes/removal", json=removal).status_code == 422
    assert signing_in(tono) == 200
    with transaction(pool) as connection:
        actions = [entry.action for entry in entries(connection)]
    assert actions[2:4] == ["one-time codes set up", "one-time codes removed"]


def test_accounts_of_the_configuration_have_no_codes(signed_in):
    client = signed_in("rina")
    assert client.get("/api/session/codes").json() == {"active": False}
    answer = client.post("/api/session/codes/secret", json={"password": "planner-password"})
    assert (answer.status_code, "configuration" in answer.json()["detail"]) == (409, True)
