"""Where weights come from, with a real HTTP server as the place of download."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models.errors import UnusableWeights
from models.weights import resolver as weights
from models.weights.registry import RegisteredModel, registered_model, registered_models
from models.weights.resolver import cached_versions, fetch, resolve_weights
from pipelines.worker.child_process import free_port

CONTENT = b"not really weights" * 1000


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "tiny.pt").write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)


def tiny(url: str, content: bytes = CONTENT) -> RegisteredModel:
    return RegisteredModel(name="tiny", url=url, sha256=hashlib.sha256(content).hexdigest(), licence="none")


def test_a_fetched_file_is_verified_and_kept(address, tmp_path):
    path = fetch(tiny(f"{address}/tiny.pt"), cache=tmp_path)
    assert path.read_bytes() == CONTENT
    assert [path] == cached_versions("tiny", tmp_path)
    assert fetch(tiny("http://127.0.0.1:1/not-asked-again"), cache=tmp_path) == path


def test_an_altered_file_is_not_kept(address, tmp_path):
    with pytest.raises(UnusableWeights, match=r"SHA-256 is .* expected"):
        fetch(tiny(f"{address}/tiny.pt", b"something else"), cache=tmp_path)
    assert list((tmp_path / "weights").iterdir()) == []


@pytest.mark.parametrize("path", ["/missing.pt", None])
def test_a_failed_download_leaves_no_file_and_names_the_address(address, tmp_path, path):
    url = f"{address}{path}" if path else f"http://127.0.0.1:{free_port()}/tiny.pt"
    with pytest.raises(UnusableWeights, match="cannot be fetched") as refusal:
        fetch(tiny(url), cache=tmp_path)
    assert url in str(refusal.value)
    assert list((tmp_path / "weights").iterdir()) == []


def test_an_explicit_path_is_taken_as_it_is(tmp_path):
    path = tmp_path / "mine.pt"
    path.touch()
    assert resolve_weights(str(path), cache=tmp_path) == path


def test_a_missing_path_names_the_models_that_could_be_given(tmp_path):
    with pytest.raises(UnusableWeights, match=r"nowhere\.pt: no such weights.*yolo11n"):
        resolve_weights("nowhere.pt", cache=tmp_path)


def test_the_cache_is_used_best_for_a_cpu_first(tmp_path):
    kept = tmp_path / "weights"
    kept.mkdir()
    pt, openvino, int8 = (
        kept / name for name in ("yolo11n.pt", "yolo11n_openvino_model", "yolo11n_int8_openvino_model")
    )
    for path in (pt, openvino, int8):
        path.touch() if path.suffix else path.mkdir()
        assert resolve_weights("yolo11n", cache=tmp_path) == path
    assert resolve_weights("yolo11n", prefer_torch=True, cache=tmp_path) == pt


def test_no_weights_and_no_network_is_an_error_with_the_command_to_run(tmp_path, monkeypatch):
    unreachable = RegisteredModel("yolo11n", f"http://127.0.0.1:{free_port()}/yolo11n.pt", "0" * 64, "AGPL-3.0")
    monkeypatch.setattr(weights, "registered_model", lambda _: unreachable)
    with pytest.raises(UnusableWeights, match="run `simpang models fetch yolo11n`") as refusal:
        resolve_weights("yolo11n", cache=tmp_path)
    assert "\n" not in str(refusal.value)


def test_every_registered_model_is_pinned():
    for model in registered_models().values():
        assert model.url.startswith("https://")
        assert len(bytes.fromhex(model.sha256)) == 32
    with pytest.raises(UnusableWeights, match="no model is called 'yolo1'"):
        registered_model("yolo1")
