"""HTTP server with the part of CKAN's action API that datasets need, with its rules and its errors.

[source: docs.ckan.org, API guide; ckan/logic/action] Each dataset and resource gets an id; `package_patch` replaces the
given fields as a whole; a key is needed to write.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

KEY = "kunci-rahasia"
"""Key of the only account, which may edit datasets of the organisation `dishub`."""
LICENCE_IDS = ("cc-by", "cc-by-sa", "cc-zero", "odc-odbl")
"""Licences that the portal knows."""


class Ckan:
    """The portal's content. datasets: by name. calls: each action with its parameters."""

    def __init__(self) -> None:
        self.datasets: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    @property
    def writes(self) -> list[str]:
        return [action for action, _ in self.calls if action != "package_show"]

    def answer(self, action: str, parameters: dict[str, Any], key: str | None) -> tuple[int, dict[str, Any]]:
        """Status and content of the answer."""
        self.calls.append((action, parameters))
        known = next((d for d in self.datasets.values() if parameters.get("id") in (d["id"], d["name"])), None)
        if action == "package_create":
            known = {"id": str(uuid4()), "state": "active", "num_resources": 0}
        if known is None:
            return 404, _error("Not Found Error", message="Not found")
        if action == "package_show":
            return 200, {"success": True, "result": known}
        if key != KEY:
            return 403, _error("Authorization Error", message="Access denied")
        changed = {**known, **{name: value for name, value in parameters.items() if name != "id"}}
        problems = self._problems(changed, is_new=action == "package_create")
        if problems:
            return 409, _error("Validation Error", **problems)
        self.datasets[changed["name"]] = _stored(changed)
        return 200, {"success": True, "result": changed}

    def _problems(self, dataset: dict[str, Any], *, is_new: bool) -> dict[str, list[str]]:
        found = {}
        if not re.fullmatch(r"[a-z0-9_-]{2,100}", dataset.get("name", "")):
            found["name"] = ["Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_"]
        elif is_new and dataset["name"] in self.datasets:
            found["name"] = ["That URL is already in use."]
        if not dataset.get("owner_org"):
            found["owner_org"] = ["An organization must be provided"]
        if dataset.get("license_id") not in LICENCE_IDS:
            found["license_id"] = ["Value must be one of the licences"]
        return found


def _error(kind: str, **fields: Any) -> dict[str, Any]:
    return {"success": False, "error": {"__type": kind, **fields}}


def _stored(dataset: dict[str, Any]) -> dict[str, Any]:
    """A dataset as CKAN returns it: with ids of its resources, positions, and the organisation as an object."""
    resources = [{"id": str(uuid4()), **resource, "position": n} for n, resource in enumerate(dataset["resources"])]
    tags = [{"id": str(uuid4()), "display_name": tag["name"], **tag} for tag in dataset["tags"]]
    organization = {"id": "1f0a", "name": dataset["owner_org"]}
    return {
        **dataset,
        "resources": resources,
        "tags": sorted(tags, key=lambda tag: str(tag["name"])),
        "organization": organization,
        "owner_org": dataset["owner_org"],
        "num_resources": len(resources),
    }


@contextmanager
def ckan_portal() -> Iterator[tuple[Ckan, str]]:
    """A portal and its address."""
    ckan = Ckan()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            match = re.fullmatch(r"/api/3/action/(\w+)", self.path)
            if match is None:
                self._send(404, b"<!doctype html><h1>404</h1>", "text/html")
                return
            status, content = ckan.answer(match[1], json.loads(body), self.headers["Authorization"])
            self._send(status, json.dumps(content).encode(), "application/json")

        def _send(self, status: int, content: bytes, media_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (name of the base class)
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield ckan, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)
