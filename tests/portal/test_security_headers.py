"""Security headers of every answer."""

import pytest

from portal.security_headers import content_security_policy


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
