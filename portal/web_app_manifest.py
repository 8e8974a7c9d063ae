"""Manifest with which a browser installs the portal as an application. See docs/adr/0183-installed-page.md."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from portal.auth.route_rules import ALL_CLIENTS
from portal.dependencies import ServicesDep

MEDIA_TYPE = "application/manifest+json"
"""Media type of a manifest. [source: W3C, Web Application Manifest]"""
SHORT_NAME_LENGTH = 12
"""Characters that fit under an icon. [source: developer.chrome.com, Web app manifests]"""
ICONS = ((192, "any"), (512, "any"), (512, "maskable"))
"""Width in pixels and purpose of the icons in portal/web/public/icons."""

router = APIRouter(include_in_schema=False)


@router.get("/manifest.webmanifest", dependencies=[ALL_CLIENTS])
def manifest(services: ServicesDep) -> JSONResponse:
    """The manifest. Its addresses are relative to its own, so that they hold below any path."""
    city = services.config.city.name
    content: dict[str, Any] = {
        "name": f"Lalu lintas {city}",
        "short_name": city if len(city) <= SHORT_NAME_LENGTH else "Simpang",
        "lang": "id",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#f3f6f9",
        "theme_color": "#0b4f8a",
        "icons": [
            {
                "src": f"icons/{'maskable' if purpose == 'maskable' else 'icon'}-{size}.png",
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size, purpose in ICONS
        ],
    }
    return JSONResponse(content, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-cache"})
