"""Requests of pages of other sites: no changing route answers them, whatever the session."""

import pytest

from portal.auth.route_rules import rules_of
from portal.cross_origin import SAFE_METHODS
from tests.support.portal import client_of, serving, sign_in

OTHER_SITES = [
    {"Origin": "https://jahat.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "http://[", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-site, same-origin"},
]


def test_no_changing_route_answers_a_page_of_another_site(config, pool):
    rules = {}
    with serving(config, pool, lambda app: rules.update(rules_of(app))) as address, client_of(address) as client:
        assert sign_in(client, "sari").status_code == 200
        changing = {route for route in rules if route[0] not in SAFE_METHODS}
        assert {("POST", "/api/session"), ("DELETE", "/api/session"), ("POST", "/api/calibrate")} <= changing
        for method, path in changing:
            for headers in OTHER_SITES:
                answer = client.request(method, path.replace("{", "").replace("}", ""), headers=headers, json={})
                assert answer.status_code == 403, (method, path, headers)
                assert "another site" in answer.json()["detail"], (method, path, headers)
        assert client.get("/api/session").json()["user"]["name"] == "sari"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://lalin.example.id"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://10.0.0.5:8080", "Host": "10.0.0.5:8080"},
        {"Origin": "http://LALIN.example.id", "X-Forwarded-Host": "lalin.example.id"},
    ],
)
def test_own_pages_and_other_programs_are_answered(anonymous, headers):
    assert anonymous.delete("/api/session", headers=headers).status_code == 204


def test_reading_is_not_limited(anonymous):
    assert anonymous.get("/api/city", headers=OTHER_SITES[0]).status_code == 200
