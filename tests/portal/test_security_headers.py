"""Security headers of every answer."""

import pytest
from pydantic import ValidationError

from pipelines.config.portal_settings import PortalConfig
from portal.security_headers import content_security_policy
from tests.support.portal import client_of, serving


@pytest.mark.parametrize("path", ["/", "/api/city", "/api/cameras/tidak-ada", "/assets/app-1a2b.js", "/live/a/b"])
def test_every_answer_has_security_headers(anonymous, path):
    headers = anonymous.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


def test_answers_of_the_api_are_not_cached_except_the_public_list_which_proxies_may_share_for_a_second(anonymous):
    for path in ("/api/session", "/api/incidents"):
        assert anonymous.get(path).headers["cache-control"] == "no-store"
    answer = anonymous.get("/api/cameras")
    assert answer.headers["cache-control"].startswith("public, max-age=0, s-maxage=1, ")
    assert "Cookie" in answer.headers["vary"]


def test_named_sites_may_frame_the_pages(config, pool):
    portal = PortalConfig(port=0, frame_ancestors=("self", "https://kota.example.id/", "https://*.go.id:8443"))
    config = config.model_copy(update={"portal": portal})
    with serving(config, pool) as address, client_of(address) as client:
        policy = client.get("/").headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://kota.example.id https://*.go.id:8443")


@pytest.mark.parametrize("path", ["/embed/map", "/embed/camera/laluan-1", "/embed/site/laluan", "/embed/camera/kantor"])
def test_any_site_may_frame_a_widget(anonymous, path):
    assert anonymous.get(path).headers["content-security-policy"].endswith("frame-ancestors *")


@pytest.mark.parametrize("path", ["/embedded", "/embed", "/camera/embed", "/api/embed/map", "/"])
def test_no_other_site_may_frame_what_is_no_widget(anonymous, path):
    assert anonymous.get(path).headers["content-security-policy"].endswith("frame-ancestors 'none'")


@pytest.mark.parametrize(
    "site", ["*", "kota.example.id", "https://a.id; script-src *", "https://a.id/path", "", "none"]
)
def test_site_that_is_not_a_site_is_refused(site):
    with pytest.raises(ValidationError, match="write a site such as"):
        PortalConfig(frame_ancestors=(site,))


@pytest.mark.parametrize(
    ("tiles", "images"),
    [
        (None, "img-src 'self' data: blob:;"),
        ("/tiles/{z}/{x}/{y}.png", "img-src 'self' data: blob:;"),
        ("https://peta.example.id:8443/{z}/{x}/{y}.png", "img-src 'self' data: blob: https://peta.example.id:8443;"),
        ("https://{s}.peta.example.id/{z}/{x}/{y}.png", "img-src 'self' data: blob: https://*.peta.example.id;"),
    ],
)
def test_policy_allows_images_of_the_tile_server_only(tiles, images):
    assert images in content_security_policy(tiles)
