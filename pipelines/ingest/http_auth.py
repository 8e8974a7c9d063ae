"""Sign-in of a client of HTTP: Digest where the server offers it, else Basic (RFC 7616, RFC 7617)."""

from collections.abc import Generator

import httpx

UNAUTHORIZED = 401
"""Status of a request without valid credentials. [source: RFC 9110]"""


class OfferedAuth(httpx.Auth):
    """Answers the first challenge that can be answered. Wrong credentials are sent once, since cameras lock accounts.

    user, password: as they are meant, without escapes.
    """

    def __init__(self, user: str, password: str) -> None:
        self._user, self._password = user, password
        self._chosen: httpx.Auth | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request, and again with credentials where they are asked for."""
        if self._chosen is None:
            response = yield request
            if response.status_code != UNAUTHORIZED:
                return
            offers = [offer.lower() for offer in response.headers.get_list("www-authenticate")]
            is_digest = any(offer.startswith("digest") for offer in offers)
            kind = httpx.DigestAuth if is_digest else httpx.BasicAuth
            self._chosen = kind(self._user, self._password)
        yield from self._chosen.auth_flow(request)
