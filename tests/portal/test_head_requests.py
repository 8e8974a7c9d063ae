"""HEAD has the headers of GET."""

import pytest

PATHS = ("/", "/healthz", "/openapi.json", "/api/city", "/api/cameras", "/api/stream", "/assets/app-1a2b.js", "/masuk")
UNFOUND = ("/api/nothing", "/tidak-ada", "/live/barelang/index.m3u8", "/api/incidents")
VARYING = {"date", "content-length", "connection", "transfer-encoding", "x-request-id"}


@pytest.mark.parametrize("path", [*PATHS, *UNFOUND])
def test_head_has_the_status_and_the_headers_of_get(anonymous, path):
    anonymous.headers["Accept-Encoding"] = "identity"  # the length of a compressed answer varies with its times
    head = anonymous.head(path)
    with anonymous.stream("GET", path) as got:
        assert head.status_code == got.status_code
        assert {n: v for n, v in head.headers.items() if n not in VARYING} == {
            name: value for name, value in got.headers.items() if name not in VARYING
        }
        if "content-length" in got.headers:
            assert head.headers["content-length"] == got.headers["content-length"]
    assert head.content == b""
    assert anonymous.get("/healthz").json() == {"status": "ok"}, "the connection goes on"


def test_head_of_the_stream_leaves_no_subscription(anonymous, address):
    for _ in range(3):
        assert anonymous.head("/api/stream").headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "TRACE"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/city", "GET, HEAD"),
        ("/api/session", "DELETE, GET, HEAD, POST"),
        ("/api/calibrate", "POST"),
        ("/live/barelang/index.m3u8", "GET, HEAD"),
        ("/riwayat", "GET, HEAD"),
    ],
)
def test_other_method_is_refused_with_the_methods_of_the_address(anonymous, method, path, allowed):
    answer = anonymous.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
