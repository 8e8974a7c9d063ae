"""The built front end: its files, and its single page at every address that it renders itself."""

import re
from os import PathLike, stat_result
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from portal.auth.permissions import CurrentScope
from portal.auth.route_rules import ALL_CLIENTS, VISIBLE_CAMERAS
from portal.dependencies import ServicesDep
from portal.public_root import DEPTH, FORWARDED_PREFIX, LINK_ROOT
from portal.root_script import ROOT_SCRIPT

STATIC = Path(__file__).parent / "static"
"""Folder of the built front end."""
PAGES = (
    *("/", "/embed/map", "/favorit", "/ketersediaan", "/data-terbuka", "/privasi", "/laporan"),
    *("/riwayat", "/kejadian", "/kejadian/{incident_id}", "/masuk", "/akun", "/orang"),
)
"""Addresses that the front end renders, as in portal/web/src/router.ts: map, its widget, favourites, uptime, open data,
privacy notice, reports, history, incidents, sign-in, own account, accounts."""

_NOT_BUILT = "The pages of the portal are not built yet: run `make setup`. The API is at /openapi.json.\n"
"""Answer of every page if the front end is not built."""
_NOT_FOUND = """<!doctype html><html lang="id"><meta charset="utf-8"><title>Simpang</title>
<main><h1>Halaman tidak ditemukan</h1><p lang="en">There is no such page.</p><p><a href="./">Simpang</a></p></main>
</html>
"""
"""Page of unknown addresses."""
_TO_ROOT = re.compile(r'((?:href|src)=")\./')
"""Beginning of the addresses in the built page, which vite.config.ts makes relative."""


class SpaFiles(StaticFiles):
    """Static files: browsers cache those with a hash in their name, and revalidate all others."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if path.split("/", maxsplit=1)[0] in ("api", "live"):
            methods = _methods_of(scope)
            if methods:
                raise HTTPException(405, "This address has other methods.", {"Allow": ", ".join(methods)})
            raise HTTPException(404, "There is nothing at this address.")
        try:
            return await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404:
                raise
            return _html(_NOT_FOUND, scope, status_code=404)

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        is_hashed = Path(full_path).parent.name == "assets"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
        return response


def pages(static: Path) -> APIRouter:
    """Routes of all pages. That of a camera or site has status 404, with the page, if it is not visible."""
    router = APIRouter(include_in_schema=False)

    def page(request: Request) -> Response:
        return _page(static, request.scope)

    def camera_page(camera_id: str, request: Request, services: ServicesDep, scope: CurrentScope) -> Response:
        known = services.catalogue.find(camera_id, scope)
        return _page(static, request.scope, status_code=200 if known else 404)

    def embedded_camera(camera_id: str, request: Request, services: ServicesDep) -> Response:
        known = services.catalogue.find(camera_id, None)
        return _page(static, request.scope, status_code=200 if known else 404)

    def embedded_site(site_id: str, request: Request, services: ServicesDep) -> Response:
        sites = {entry.site.id for entry in services.catalogue.visible(None) if entry.site}
        return _page(static, request.scope, status_code=200 if site_id in sites else 404)

    for address in PAGES:
        router.add_api_route(address, page, methods=["GET"], dependencies=[ALL_CLIENTS])
    router.add_api_route("/camera/{camera_id}", camera_page, methods=["GET"], dependencies=[VISIBLE_CAMERAS])
    router.add_api_route("/embed/camera/{camera_id}", embedded_camera, methods=["GET"], dependencies=[ALL_CLIENTS])
    router.add_api_route("/embed/site/{site_id}", embedded_site, methods=["GET"], dependencies=[ALL_CLIENTS])
    return router


def _methods_of(scope: Scope) -> list[str]:
    """Methods that routes accept at the address of a request."""
    routes = [route for route in scope["app"].routes if not isinstance(route, Mount)]
    methods = {
        method
        for method in ("DELETE", "GET", "POST", "PUT")
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    }
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def _page(static: Path, scope: Scope, status_code: int = 200) -> Response:
    index = static / "index.html"
    if not index.is_file():
        return Response(_NOT_BUILT, status_code=503, media_type="text/plain")
    script = f'<script data-depth="{scope[DEPTH]}">{ROOT_SCRIPT}</script>'
    return _html(index.read_text(encoding="utf-8").replace("<title>", f"{script}<title>", 1), scope, status_code)


def _html(page: str, scope: Scope, status_code: int) -> Response:
    """A page with the addresses that the client sees."""
    headers = {"Cache-Control": "no-cache", "Vary": FORWARDED_PREFIX}
    return HTMLResponse(_TO_ROOT.sub(rf"\g<1>{scope[LINK_ROOT]}", page), status_code=status_code, headers=headers)
