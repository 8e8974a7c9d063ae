"""Pages and files of the front end."""

import base64
import hashlib
import re

import pytest

PAGES = [
    "/",
    "/ketersediaan",
    "/privasi",
    "/data-terbuka",
    "/riwayat",
    "/kejadian",
    "/masuk",
    "/akun",
    "/orang",
    "/favorit",
    "/camera/laluan-1",
    "/embed/map",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_same_html(anonymous, path):
    answer = anonymous.get(path)
    assert answer.status_code == 200
    assert "<title>Simpang</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert anonymous.head(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/embed/camera/laluan-1", 200),
        ("/embed/site/laluan", 200),
        ("/embed/camera/kantor", 404),
        ("/embed/camera/x", 404),
        ("/embed/site/x", 404),
    ],
)
def test_a_widget_has_public_cameras_only_also_for_a_signed_in_user(anonymous, signed_in, path, status):
    assert anonymous.get(path).status_code == status
    assert signed_in("sari").get(path).status_code == status


def test_the_manifest_is_that_of_the_city_with_relative_addresses(anonymous):
    answer = anonymous.get("/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert (manifest["name"], manifest["short_name"]) == ("Lalu lintas Batam", "Batam")
    addresses = [manifest["start_url"], manifest["scope"], *(icon["src"] for icon in manifest["icons"])]
    assert not any(address.startswith("/") or ":" in address for address in addresses)


@pytest.mark.parametrize(("path", "depth"), [("/", 0), ("/riwayat", 1), ("/riwayat/", 1), ("/camera/laluan-1", 2)])
def test_page_has_a_script_that_its_policy_allows_with_the_depth_of_its_path(anonymous, path, depth):
    answer = anonymous.get(path)
    (found,) = re.findall(r'<script data-depth="(\d+)">(.*?)</script>', answer.text, re.DOTALL)
    assert int(found[0]) == depth
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in answer.headers["content-security-policy"]


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
