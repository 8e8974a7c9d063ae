"""Cookie of the session: its attributes, and the refusal to set one that the browser would drop."""

from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Response, status

from portal.auth.session_table import LIFETIME_S
from portal.public_root import COOKIE_PATH


def require_usable_cookie(request: Request, public_url: str | None) -> None:
    """Raise 403 for a browser on plain HTTP if the public address is https: it would drop the Secure cookie."""
    if _is_secure(public_url) and _scheme_of_browser(request) != "https":
        raise HTTPException(
            status.HTTP_403_FORBIDDEN,
            f"Sign in over HTTPS at {public_url}: the session cookie is not sent over plain HTTP. If this address is"
            " HTTPS already, let the reverse proxy set X-Forwarded-Proto; if the portal has no TLS, correct"
            " portal.public_url.",
        )


def set_session_cookie(request: Request, response: Response, name: str, value: str, public_url: str | None) -> None:
    """Set the cookie for the path of the portal, and delete one for the whole host, which would be sent with it."""
    path = _path_in_browser(request)
    if path != "/":
        response.delete_cookie(name, httponly=True, samesite="lax")
    secure = _is_secure(public_url)
    response.set_cookie(name, value, max_age=LIFETIME_S, path=path, httponly=True, samesite="lax", secure=secure)


def delete_session_cookie(request: Request, response: Response, name: str) -> None:
    """Delete the cookie for the path of the portal and for the whole host."""
    for path in {request.scope[COOKIE_PATH], "/"}:
        response.delete_cookie(name, path=path, httponly=True, samesite="lax")


def _path_in_browser(request: Request) -> str:
    """Path of the portal; that of the whole host for a page elsewhere, of which the proxies name only a part."""
    path: str = request.scope[COOKIE_PATH]
    page = urlsplit(request.headers.get("referer", path)).path
    return path if page == path or page.startswith(f"{path}/") else "/"


def _is_secure(public_url: str | None) -> bool:
    return (public_url or "").startswith("https:")


def _scheme_of_browser(request: Request) -> str:
    """Scheme of the page in the browser.

    Browsers state it with every POST. Other clients are known by what the proxy states, or by the connection.
    """
    origin, _, host = request.headers.get("origin", "").partition("://")
    forwarded = request.headers.get("x-forwarded-proto", "").split(",")[0].strip().lower()
    return (host and origin.lower()) or forwarded or request.url.scheme
