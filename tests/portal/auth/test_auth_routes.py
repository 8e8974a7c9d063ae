"""Sign-in, sign-out and the session between them, over HTTP."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.config.portal_settings import PortalConfig
from portal.auth.routes import ATTEMPTS_PER_NAME
from tests.support.portal import client_of, quick_hash, serving, session_of, sign_in
from tests.support.sse import listening

FOR_PLANNERS = "/api/history?camera=laluan-1&gate=utara"


def test_session_lasts_from_sign_in_to_sign_out(anonymous):
    assert anonymous.get("/api/session").json() == {"user": None}
    user = {"user": {"name": "rina", "roles": ["planner"]}}
    assert sign_in(anonymous).json() == user
    assert anonymous.get("/api/session").json() == user
    assert anonymous.delete("/api/session").status_code == 204
    assert list(anonymous.cookies.jar) == []
    assert anonymous.get("/api/session").json() == {"user": None}


def test_cookie_is_refused_after_sign_out_and_after_a_restart(config, pool):
    with serving(config, pool) as address, client_of(address) as client, client_of(address) as phone:
        for one in (client, phone):
            assert sign_in(one).status_code == 200
        ended, valid = session_of(client), session_of(phone)
        client.delete("/api/session")
        with client_of(address, cookie=ended) as replay:
            assert replay.get(FOR_PLANNERS).status_code == 401
            assert replay.get("/api/session").json() == {"user": None}
        assert phone.get(FOR_PLANNERS).status_code == 200
    with serving(config, pool) as address:
        for cookie, status in ((ended, 401), (valid, 200)):
            with client_of(address, cookie=cookie) as replay:
                assert replay.get(FOR_PLANNERS).status_code == status


def test_sign_out_ends_open_streams_of_the_session_only(signed_in):
    client, other = signed_in("rina"), signed_in("rina")
    with listening(client) as stream, listening(other) as other_stream:
        for open_stream in (stream, other_stream):
            open_stream.next()
        client.delete("/api/session")
        assert stream.ended(within_s=5)
        assert not other_stream.ended(within_s=0.2)


def test_sign_out_without_a_session_succeeds(anonymous):
    assert anonymous.delete("/api/session").status_code == 204


def test_scripts_and_other_sites_cannot_use_the_cookie(anonymous):
    cookie = sign_in(anonymous).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie, "a portal without TLS could not have sessions"


def test_cookie_is_sent_over_tls_only_if_the_portal_has_a_public_https_address(config, pool):
    config = config.model_copy(update={"portal": PortalConfig(port=0, public_url="https://lalin.example.id")})
    with serving(config, pool) as address, client_of(address) as client:
        client.headers["X-Forwarded-Proto"] = "https"
        assert "; Secure" in sign_in(client).headers["set-cookie"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "http://10.0.0.5:8080"}, 403),
        ({"Origin": "http://lalin.example.id", "X-Forwarded-Proto": "https"}, 403),
        ({"X-Forwarded-Proto": "http"}, 403),
        ({"Origin": "https://lalin.example.id"}, 200),
        ({"Origin": "https://lalin.example.id", "X-Forwarded-Proto": "http"}, 200),
        ({"X-Forwarded-Proto": "https, http"}, 200),
        ({"Origin": "null", "X-Forwarded-Proto": "https"}, 403),
        ({"Origin": "http://[", "X-Forwarded-Proto": "https"}, 403),
    ],
)
def test_sign_in_that_the_browser_would_forget_is_refused(config, pool, headers, status):
    config = config.model_copy(update={"portal": PortalConfig(port=0, public_url="https://lalin.example.id")})
    with serving(config, pool) as address, client_of(address) as client:
        client.headers.update(headers)
        answer = sign_in(client)
    assert answer.status_code == status, answer.text
    assert ("set-cookie" in answer.headers) == (status == 200)
    if status == 403:
        assert "https://lalin.example.id" in answer.json()["detail"]


@pytest.mark.parametrize(("name", "password"), [("rina", "wrong"), ("nobody", "planner-password"), ("", "")])
def test_wrong_name_and_wrong_password_have_the_same_answer(anonymous, name, password):
    answer = sign_in(anonymous, name, password)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Name or password is wrong."})
    assert "set-cookie" not in answer.headers


def test_wrong_passwords_are_limited_for_their_name_only(anonymous):
    for _ in range(ATTEMPTS_PER_NAME):
        assert sign_in(anonymous, password="guess").status_code == 401
    refused = sign_in(anonymous)
    assert refused.status_code == 429, "even with the right password"
    assert 0 < int(refused.headers["retry-after"]) <= 300
    assert sign_in(anonymous, "budi").status_code == 200


def test_simultaneous_attempts_do_not_exceed_the_limit(address):
    def guess(_):
        with client_of(address) as client:
            return sign_in(client, password="guess").status_code

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(guess, range(3 * ATTEMPTS_PER_NAME)))
    assert answers.count(401) == ATTEMPTS_PER_NAME
    assert answers.count(429) == 2 * ATTEMPTS_PER_NAME


def test_forged_cookie_has_no_session(anonymous, address):
    sign_in(anonymous)
    name, cookie = session_of(anonymous)
    payload, _, signature = cookie.rpartition(".")
    for forged in (f"{payload}.{'0' * len(signature)}", f"x{payload}.{signature}", payload, ".", "é.é", "[" * 9999):
        with client_of(address) as client:
            answer = client.get("/api/session", headers={"Cookie": f"{name}={forged}".encode()})
        assert answer.json() == {"user": None}


def test_new_password_ends_the_sessions_of_its_user(config, pool):
    with serving(config, pool) as address, client_of(address) as client:
        sign_in(client)
        cookie = session_of(client)
    rina = config.users[0].model_copy(update={"password_hash": type(config.users[0].password_hash)(quick_hash("new"))})
    config = config.model_copy(update={"users": (rina,)})
    with serving(config, pool) as address, client_of(address, cookie=cookie) as client:
        assert client.get("/api/session").json() == {"user": None}


def test_form_of_another_site_cannot_sign_in(anonymous):
    body = json.dumps({"name": "rina", "password": "planner-password"})
    for headers in ({"Content-Type": "text/plain"}, {}):
        assert anonymous.post("/api/session", content=body, headers=headers).status_code == 422


def test_oversized_body_is_refused(anonymous):
    assert sign_in(anonymous, password="x" * 100_000).status_code == 413


def test_first_start_without_users_creates_an_administrator_and_prints_the_password_once(config, pool, capsys):
    config = config.model_copy(update={"users": ()})
    with serving(config, pool) as address, client_of(address) as client:
        printed = capsys.readouterr()
        assert printed.out == ""
        password = printed.err.split("password ")[1].split()[0]
        answer = sign_in(client, "admin", password)
        assert answer.json()["user"]["roles"] == ["admin", "operator", "planner", "police"]
    stored = config.data_dir / "users.json"
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert stat.S_IMODE((config.data_dir / "session.key").stat().st_mode) == 0o600
    assert password not in stored.read_text()
    with serving(config, pool) as address, client_of(address) as client:
        assert capsys.readouterr().err == ""
        assert sign_in(client, "admin", password).status_code == 200


def test_portals_of_one_host_do_not_end_each_others_sessions(config, pool, tmp_path):
    """Two installations on two ports, whose cookies a browser does not keep apart."""
    other = config.model_copy(update={"data_dir": tmp_path / "other"})
    with (
        serving(config, pool) as address,
        serving(other, pool) as other_address,
        client_of(address) as client,
    ):
        assert sign_in(client).status_code == 200
        credentials = {"name": "sari", "password": "operator-password"}
        assert client.post(f"{other_address}/api/session", json=credentials).status_code == 200
        users = [client.get(f"{each}/api/session").json()["user"]["name"] for each in (address, other_address)]
        assert users == ["rina", "sari"]
        assert client.delete(f"{other_address}/api/session").status_code == 204
        assert client.get("/api/session").json()["user"]["name"] == "rina"


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("https://kota.example.id/lalin/masuk", "/lalin"),
        ("https://kota.example.id/dinas/lalin/masuk", "/"),
        ("https://kota.example.id/lalinx/masuk", "/"),
        (None, "/lalin"),
        ("not an address", "/"),
    ],
)
def test_cookie_has_a_path_that_the_browser_sends_it_to(anonymous, page, path):
    """The outer of two proxies may remove a part of the path in silence."""
    headers = {"X-Forwarded-Prefix": "/lalin"} | ({} if page is None else {"Referer": page})
    answer = anonymous.post("/api/session", json={"name": "rina", "password": "planner-password"}, headers=headers)
    assert f"Path={path};" in answer.headers.get_list("set-cookie")[-1]
