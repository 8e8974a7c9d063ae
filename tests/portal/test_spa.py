"""Pages and files of the front end, security headers, and the description of the API."""

import json

import pytest

from portal.security_headers import content_security_policy


@pytest.mark.parametrize("path", ["/", "/riwayat", "/kejadian", "/masuk", "/camera/laluan-1"])
def test_every_page_has_the_same_html(anonymous, path):
    answer = anonymous.get(path)
    assert answer.status_code == 200
    assert "<title>Simpang</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert anonymous.head(path).status_code == 200


@pytest.mark.parametrize("path", ["/tidak-ada", "/assets/old.js", "/..%2f..%2fetc/passwd", "/camera/laluan-1/x"])
def test_unknown_address_is_a_page_that_was_not_found(anonymous, path):
    answer = anonymous.get(path)
    assert answer.status_code == 404
    assert "Halaman tidak ditemukan" in answer.text


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/live/", "/live/laluan-1/x/y"])
def test_unknown_address_of_the_api_is_answered_in_json(anonymous, path):
    answer = anonymous.get(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is nothing at this address."})


def test_files_with_a_hash_in_their_name_are_cached_and_compressed(anonymous):
    answer = anonymous.get("/assets/app-1a2b.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(answer.text) / 2
    again = anonymous.get("/assets/app-1a2b.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_answer_without_built_pages_explains_how_to_build_them(anonymous, built_pages):
    (built_pages / "index.html").unlink()
    answer = anonymous.get("/")
    assert answer.status_code == 503
    assert "make setup" in answer.text


@pytest.mark.parametrize("path", ["/", "/api/city", "/api/cameras/tidak-ada", "/assets/app-1a2b.js", "/live/a/b"])
def test_every_answer_has_security_headers(anonymous, path):
    headers = anonymous.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


def test_answers_of_the_api_are_not_cached(anonymous):
    for path in ("/api/cameras", "/api/session", "/api/incidents"):
        assert anonymous.get(path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("tiles", "images"),
    [
        (None, "img-src 'self' data:;"),
        ("/tiles/{z}/{x}/{y}.png", "img-src 'self' data:;"),
        ("https://peta.example.id:8443/{z}/{x}/{y}.png", "img-src 'self' data: https://peta.example.id:8443;"),
        ("https://{s}.peta.example.id/{z}/{x}/{y}.png", "img-src 'self' data: https://*.peta.example.id;"),
    ],
)
def test_policy_allows_images_of_the_tile_server_only(tiles, images):
    assert images in content_security_policy(tiles)


def test_every_route_of_the_api_is_described(anonymous):
    description = anonymous.get("/openapi.json").json()
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path} has no description"
            for status, answer in operation["responses"].items():
                for content in answer.get("content", {}).values() if status >= "4" else ():
                    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, f"{method} {path} {status}"
    assert {"/api/cameras", "/api/stream", "/api/history.csv", "/live/{camera_id}/{file}"} <= set(description["paths"])
    assert "s3cret" not in json.dumps(description)


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_documentation_pages_with_foreign_scripts_are_off(anonymous, path):
    assert anonymous.get(path).status_code == 404


def test_city_is_as_configured(anonymous):
    city = anonymous.get("/api/city").json()
    assert (city["name"], city["timezone"], city["centre"]) == ("Batam", "Asia/Jakarta", {"lat": 1.13, "lon": 104.05})
    assert city["classes"] == ["car", "motorcycle", "bus", "truck", "bicycle", "person"]


def test_health_check_answers(anonymous):
    assert anonymous.get("/healthz").json() == {"status": "ok"}
