"""Signing in, staying signed in, and signing out."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from pipelines.config.settings import PortalConfig
from pipelines.errors import UserError
from portal.auth.routes import TRIES_PER_NAME
from portal.auth.sessions import COOKIE, LIFETIME_S, Sessions, session_key
from portal.auth.users import load_users
from tests.portal.conftest import PASSWORDS, quick_hash, serving


def sign_in(client, name="rina", password=PASSWORDS["rina"]):
    return client.post("/api/session", json={"name": name, "password": password})


def test_a_session_from_beginning_to_end(anonymous):
    assert anonymous.get("/api/session").json() == {"user": None}
    user = {"user": {"name": "rina", "roles": ["planner"]}}
    assert sign_in(anonymous).json() == user
    assert anonymous.get("/api/session").json() == user
    assert anonymous.delete("/api/session").status_code == 204
    assert anonymous.get("/api/session").json() == {"user": None}


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(anonymous):
    cookie = sign_in(anonymous).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie, "or a portal without TLS could not keep a session"


def test_the_cookie_is_for_tls_alone_where_the_city_has_it(config, pool):
    config = config.model_copy(update={"portal": PortalConfig(port=0, public_url="https://lalin.example.id")})
    with serving(config, pool) as address, httpx.Client(base_url=address, trust_env=False) as client:
        assert "; Secure" in sign_in(client).headers["set-cookie"]


@pytest.mark.parametrize(("name", "password"), [("rina", "wrong"), ("nobody", "planner-password"), ("", "")])
def test_wrong_name_and_wrong_password_read_the_same(anonymous, name, password):
    answer = sign_in(anonymous, name, password)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Name or password is wrong."})
    assert "set-cookie" not in answer.headers


def test_guessing_is_slowed_down_for_that_name_only(anonymous):
    for _ in range(TRIES_PER_NAME):
        assert sign_in(anonymous, password="guess").status_code == 401
    refused = sign_in(anonymous)
    assert refused.status_code == 429, "even with the right password"
    assert 0 < int(refused.headers["retry-after"]) <= 300
    assert sign_in(anonymous, "budi", PASSWORDS["budi"]).status_code == 200


def test_a_cookie_that_was_changed_is_nobody(anonymous):
    sign_in(anonymous)
    payload, _, signature = anonymous.cookies[COOKIE].partition(".")
    for forged in (f"{payload}.{'0' * len(signature)}", f"x{payload}.{signature}", payload, "", ".", "é.é", "[" * 9999):
        answer = httpx.get(
            anonymous.base_url.join("/api/session"),
            headers={"Cookie": f"{COOKIE}={forged}".encode()},
            trust_env=False,
        )
        assert answer.json() == {"user": None}


def test_a_session_outlives_a_restart_but_not_a_new_password(config, pool):
    with serving(config, pool) as address, httpx.Client(base_url=address, trust_env=False) as client:
        sign_in(client)
        cookie = client.cookies[COOKIE]
    with serving(config, pool) as address:
        answer = httpx.get(f"{address}/api/session", cookies={COOKIE: cookie}, trust_env=False)
        assert answer.json()["user"]["name"] == "rina"
    rina = config.users[0].model_copy(update={"password_hash": type(config.users[0].password_hash)(quick_hash("new"))})
    with serving(config.model_copy(update={"users": (rina,)}), pool) as address:
        answer = httpx.get(f"{address}/api/session", cookies={COOKIE: cookie}, trust_env=False)
        assert answer.json() == {"user": None}


def test_many_guesses_at_once_are_no_way_around(address):
    def guess(_):
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
            return sign_in(client, password="guess").status_code

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(guess, range(3 * TRIES_PER_NAME)))
    assert answers.count(401) == TRIES_PER_NAME
    assert answers.count(429) == 2 * TRIES_PER_NAME


def test_a_session_ends_with_its_time(config, tmp_path):
    users = load_users(config, pytest.fail)
    sessions = Sessions(session_key(tmp_path), users)
    cookie = sessions.issue(users.find("rina"), now=1000)
    assert sessions.user(cookie, now=1000 + LIFETIME_S - 1).name == "rina"
    assert sessions.user(cookie, now=1000 + LIFETIME_S) is None


def test_a_key_that_was_cut_short_is_not_used(tmp_path):
    (tmp_path / "session.key").write_bytes(b"")
    with pytest.raises(UserError, match=r"session\.key: is cut short; delete it"):
        session_key(tmp_path)


def test_a_form_of_another_site_cannot_sign_in(anonymous):
    body = json.dumps({"name": "rina", "password": PASSWORDS["rina"]})
    for headers in ({"Content-Type": "text/plain"}, {}):
        assert anonymous.post("/api/session", content=body, headers=headers).status_code == 422


def test_a_huge_body_is_refused(anonymous):
    assert sign_in(anonymous, password="x" * 100_000).status_code == 413


def test_without_users_the_first_start_makes_one_and_tells_once(config, pool, capsys):
    config = config.model_copy(update={"users": ()})
    with serving(config, pool) as address, httpx.Client(base_url=address, trust_env=False) as client:
        told = capsys.readouterr()
        assert told.out == ""
        password = told.err.split("password ")[1].split()[0]
        answer = sign_in(client, "admin", password)
        assert answer.json()["user"]["roles"] == ["operator", "planner", "police"]
    kept = config.data_dir / "users.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE((config.data_dir / "session.key").stat().st_mode) == 0o600
    assert password not in kept.read_text()
    with serving(config, pool) as address, httpx.Client(base_url=address, trust_env=False) as client:
        assert capsys.readouterr().err == ""
        assert sign_in(client, "admin", password).status_code == 200
