"""The pages, and what comes with every answer."""

import json

import pytest

from portal.security_headers import content_security_policy


@pytest.mark.parametrize("path", ["/", "/riwayat", "/kejadian", "/masuk", "/camera/laluan-1"])
def test_every_page_is_the_one_page(anonymous, path):
    answer = anonymous.get(path)
    assert answer.status_code == 200
    assert "<title>Simpang</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert anonymous.head(path).status_code == 200


@pytest.mark.parametrize("path", ["/tidak-ada", "/assets/old.js", "/..%2f..%2fetc/passwd", "/camera/laluan-1/x"])
def test_other_addresses_are_no_pages(anonymous, path):
    answer = anonymous.get(path)
    assert answer.status_code == 404
    assert "Halaman tidak ditemukan" in answer.text


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/live/", "/live/laluan-1/x/y"])
def test_other_addresses_of_the_api_say_so_in_json(anonymous, path):
    answer = anonymous.get(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is nothing at this address."})


def test_files_with_a_hash_in_their_name_are_kept_and_compressed(anonymous):
    answer = anonymous.get("/assets/app-1a2b.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(answer.text) / 2
    again = anonymous.get("/assets/app-1a2b.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_pages_that_are_not_built_say_how_to_build_them(anonymous, built_pages):
    (built_pages / "index.html").unlink()
    answer = anonymous.get("/")
    assert answer.status_code == 503
    assert "make setup" in answer.text


@pytest.mark.parametrize("path", ["/", "/api/city", "/api/cameras/tidak-ada", "/assets/app-1a2b.js", "/live/a/b"])
def test_every_answer_is_guarded(anonymous, path):
    headers = anonymous.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


def test_what_the_api_says_is_kept_by_nobody(anonymous):
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
def test_pictures_may_come_from_the_tile_server_alone(tiles, images):
    assert images in content_security_policy(tiles)


def test_the_api_describes_itself(anonymous):
    description = anonymous.get("/openapi.json").json()
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path} says nothing"
            for status, answer in operation["responses"].items():
                for content in answer.get("content", {}).values() if status >= "4" else ():
                    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, f"{method} {path} {status}"
    assert {"/api/cameras", "/api/stream", "/api/history.csv", "/live/{camera_id}/{file}"} <= set(description["paths"])
    assert "s3cret" not in json.dumps(description)


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_no_page_loads_scripts_from_elsewhere(anonymous, path):
    assert anonymous.get(path).status_code == 404


def test_the_city_is_as_configured(anonymous):
    city = anonymous.get("/api/city").json()
    assert (city["name"], city["timezone"], city["centre"]) == ("Batam", "Asia/Jakarta", {"lat": 1.13, "lon": 104.05})
    assert city["classes"] == ["car", "motorcycle", "bus", "truck", "bicycle", "person"]


def test_it_says_that_it_is_up(anonymous):
    assert anonymous.get("/healthz").json() == {"status": "ok"}
