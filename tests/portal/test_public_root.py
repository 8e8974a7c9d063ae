"""The portal below a path of another site's host, through a real nginx."""

import asyncio
import re
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from pipelines.config.portal_settings import PortalConfig
from portal.public_root import PublicRoot, current_root
from tests.support.nginx import needs_nginx, proxy
from tests.support.portal import client_of, serving, session_cookie, sign_in
from tests.support.portal_events import ago, online
from tests.support.sse import listening

LALIN = "http://lalin.example.id/lalin"
PROXIES = {
    # name: public_url, locations with {portal} for the address of the portal, whether the portal knows its path
    "keeps the path": (LALIN, "location /lalin {{ proxy_pass {portal}; }}", True),
    "removes the path and names it": (
        None,
        "location /lalin/ {{ proxy_pass {portal}/; proxy_set_header X-Forwarded-Prefix /lalin; }}",
        True,
    ),
    "removes the path, public_url": (LALIN, "location /lalin/ {{ proxy_pass {portal}/; }}", True),
    "removes the path in silence": (None, "location /lalin/ {{ proxy_pass {portal}/; }}", False),
    "removes the path and names the top": (
        LALIN,
        "location /lalin/ {{ proxy_pass {portal}/; proxy_set_header X-Forwarded-Prefix /; }}",
        True,
    ),
    "keeps the path and names the top": (
        LALIN,
        "location /lalin {{ proxy_pass {portal}; proxy_set_header X-Forwarded-Prefix /; }}",
        True,
    ),
    "leaves two slashes": (LALIN, "location /lalin {{ proxy_pass {portal}/; }}", True),
    "speaks HTTP/1.0 with another Host": (
        LALIN,
        "location /lalin/ {{ proxy_pass {portal}; proxy_http_version 1.0; proxy_set_header Host inner.example; }}",
        True,
    ),
}
PAGES = (
    "/",
    "/ketersediaan",
    "/privasi",
    "/data-terbuka",
    "/riwayat",
    "/kejadian",
    "/kejadian/a-1",
    "/masuk",
    "/akun",
    "/orang",
    "/camera/laluan-1",
    "/riwayat/",
    "/camera/laluan-1/",
)


@pytest.fixture
def built_pages(built_pages):
    (built_pages / "index.html").write_text(
        '<!doctype html><link rel="icon" href="./favicon.svg"><script src="./assets/app-1a2b.js"></script>'
    )
    (built_pages / "favicon.svg").write_text("<svg/>")
    return built_pages


@pytest.fixture(params=PROXIES)
def proxied(request, config, pool, tmp_path):
    """A client of the proxy, below /lalin, and whether the portal knows that path."""
    public_url, locations, known = PROXIES[request.param]
    config = config.model_copy(update={"portal": PortalConfig(port=0, public_url=public_url)})
    with (
        serving(config, pool) as portal,
        proxy(tmp_path / "nginx", locations.format(portal=portal)) as address,
        client_of(f"{address}/lalin") as client,
    ):
        yield client, known


@needs_nginx
@pytest.mark.integration
def test_pages_load_their_files_through_every_kind_of_proxy(proxied):
    client, _ = proxied
    for path in PAGES:
        page = client.get(path)
        assert page.status_code == 200, path
        for address in re.findall(r'(?:href|src)="([^"]+)"', page.text):
            loaded = client.get(urljoin(str(page.url), address))
            assert loaded.status_code == 200, f"{address} of {page.url}"
    assert client.head("/riwayat").status_code == 200


@needs_nginx
@pytest.mark.integration
def test_page_whose_slash_was_dropped_loads_its_files(proxied):
    client, known = proxied
    page = client.get(str(client.base_url).rstrip("/"), follow_redirects=True)
    assert page.status_code == 200
    for address in re.findall(r'(?:href|src)="([^"]+)"', page.text):
        loaded = client.get(urljoin(str(page.url), address))
        assert loaded.status_code == 200 or not known


@needs_nginx
@pytest.mark.integration
def test_api_session_stream_and_video_work_through_every_kind_of_proxy(proxied, config, store):
    client, known = proxied
    store(online("laluan-1", ago(1)))
    folder = config.data_dir / "hls" / "laluan-1"
    folder.mkdir(parents=True)
    (folder / "index.m3u8").write_text("#EXTM3U")

    answer = sign_in(client)
    assert answer.status_code == 200
    assert client.get("/api/session").json() == answer.json(), "the cookie comes back"
    assert session_cookie(client).path in ("/lalin", "/")
    with listening(client) as stream:
        streamed = stream.until(lambda name, data: data.get("id") == "laluan-1" and data["video"])
    camera = next(each for each in client.get("/api/cameras/").json()["cameras"] if each["id"] == "laluan-1")
    assert streamed["video"] == camera["video"]
    if known:
        video = client.get(urljoin(str(client.base_url), camera["video"]["hls"]))
        assert (video.status_code, video.text) == (200, "#EXTM3U")
    client.delete("/api/session")
    assert client.get("/api/session").json() == {"user": None}
    assert client.get("/api/nothing").status_code == 404


@needs_nginx
@pytest.mark.integration
def test_event_stream_passes_a_buffering_proxy_at_once(config, pool, tmp_path):
    with (
        serving(config, pool) as portal,
        proxy(tmp_path / "nginx", f"location /lalin/ {{ proxy_pass {portal}/; proxy_buffering on; }}") as address,
        client_of(f"{address}/lalin") as client,
        listening(client) as stream,
    ):
        assert stream.next()[0] == "camera"


def roots(*, configured="", path="/", headers=()):
    """Root, path below it, prefix of addresses in pages, and path of the cookie, as an application below sees them."""
    seen = {}

    async def app(scope, receive, send):
        seen.update(scope, context=current_root.get())

    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "path": path, "headers": raw}
    asyncio.run(PublicRoot(app, configured)(scope, None, None))
    assert unquote(seen["context"]) == seen["root_path"]
    below = seen["path"].removeprefix(seen["root_path"])
    return seen["context"], below, seen["simpang.link_root"], seen["simpang.cookie_path"]


@pytest.mark.parametrize(
    ("configured", "path", "prefixes", "expected"),
    [
        ("", "/", [], ("", "/", "./", "/")),
        ("", "/camera/a", [], ("", "/camera/a", "../", "/")),
        ("", "/camera/a/", [], ("", "/camera/a", "../../", "/")),
        ("/lalin", "/lalin", [], ("/lalin", "/", "/lalin/", "/lalin")),
        ("/lalin", "/lalin/api/city/", [], ("/lalin", "/api/city", "/lalin/", "/lalin")),
        ("/lalin", "/api/city", [], ("/lalin", "/api/city", "/lalin/", "/")),
        ("/lalin", "/lalinx", [], ("/lalin", "/lalinx", "/lalin/", "/")),
        ("", "//api//city", [], ("", "/api/city", "../", "/")),
        ("", "/api/city", ["/lalin"], ("/lalin", "/api/city", "/lalin/", "/lalin")),
        ("/old", "/api/city", ["/lalin/"], ("/lalin", "/api/city", "/lalin/", "/lalin")),
        ("", "/", ["/a", "/b"], ("/a/b", "/", "/a/b/", "/a/b")),
        ("", "/", ["/a, /b"], ("/a/b", "/", "/a/b/", "/a/b")),
        ("", "/", ["/"], ("", "/", "./", "/")),
        ("/lalin", "/lalin/camera/a", ["/"], ("/lalin", "/camera/a", "/lalin/", "/lalin")),
        ("/kota/lalin", "/api/city", ["/lalin"], ("/kota/lalin", "/api/city", "/kota/lalin/", "/kota/lalin")),
        ("/kota/lalin", "/lalin/masuk", ["/lalin"], ("/kota/lalin", "/masuk", "/kota/lalin/", "/kota/lalin")),
        ("", "/live/a/index.m3u8", ["/live"], ("/live", "/live/a/index.m3u8", "/live/", "/live")),
        ("/lalu%20lintas", "/lalu lintas/masuk", [], ("/lalu%20lintas", "/masuk", "/lalu%20lintas/", "/lalu%20lintas")),
        ("", "/masuk", ["/lalu%20lintas"], ("/lalu%20lintas", "/masuk", "/lalu%20lintas/", "/lalu%20lintas")),
        ("", "/", ["/a%2f%2fevil.example"], ("", "/", "./", "/")),
        ("", "/", ["/%2e%2e/x"], ("", "/", "./", "/")),
        ("", "/", ["/a%0d%0aSet-Cookie:x"], ("", "/", "./", "/")),
        ("/lalin", "/", ["//evil.example"], ("/lalin", "/", "/lalin/", "/")),
        ("", "/", ['/"><script>'], ("", "/", "./", "/")),
        ("", "/", ["/../x"], ("", "/", "./", "/")),
        ("", "/", ["/" + "x" * 500], ("", "/", "./", "/")),
    ],
)
def test_root_of_a_request(configured, path, prefixes, expected):
    headers = [("X-Forwarded-Prefix", prefix) for prefix in prefixes]
    assert roots(configured=configured, path=path, headers=headers) == expected


def test_direct_clients_keep_their_session_if_the_public_address_has_a_path(config, pool):
    config = config.model_copy(update={"portal": PortalConfig(port=0, public_url=LALIN)})
    with serving(config, pool) as portal, client_of(portal) as client:
        answer = sign_in(client)
        assert client.get("/api/session").json() == answer.json()


def test_no_address_of_the_portal_redirects_to_its_own_host(config, pool):
    with serving(config, pool) as portal, client_of(portal) as client:
        for path in ("/api/cameras/", "/api/cameras", "/riwayat/", "/healthz/", "/camera/laluan-1/"):
            answer = client.get(path)
            assert answer.status_code == 200, urlsplit(str(answer.url)).path
