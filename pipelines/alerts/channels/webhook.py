"""Delivery of an alert by a signed HTTP POST.

A receiver may get an alert twice, because a response can be lost. It recognises the second by the header
`Idempotency-Key`, which is the incident's id and phase. It verifies `X-Simpang-Signature: t=SECONDS,v1=HEX`. HEX is the
HMAC-SHA256, under the shared secret, of SECONDS, a full stop and the body. SECONDS far from the receiver's own clock
means that an old message is replayed.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from time import time
from types import TracebackType
from typing import Self

import httpx

from pipelines.addresses.address import HOW_TO_WRITE, Address
from pipelines.addresses.mask import without_credentials
from pipelines.config.settings import WebhookConfig
from pipelines.errors import UserError

TIMEOUT = httpx.Timeout(5.0, connect=3.0)
"""Longest waits for a receiver, in seconds. [assumption]"""
GIVE_UP_AFTER = timedelta(days=1)
"""Age of an alert after which delivery is given up. [assumption: older news is of no use to the receiver]"""
GIVE_UP_REFUSED_AFTER = timedelta(hours=1)
"""The same after a refusal (4xx), which a receiver may send during an update. [assumption: updates take less]"""
MAX_RETRY_AFTER_S = 300.0
"""Longest delay in seconds that a receiver can ask for with `Retry-After`. [assumption]"""
_RETRYABLE = {408, 425, 429}
"""HTTP refusals that may end soon: timeout, too early, too many requests. [RFC 9110, RFC 8470, RFC 6585]"""
_GONE = 410
"""HTTP status of a receiver that is gone for good. [RFC 9110]"""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt. give_up_after: age of the alert after which it is given up. delay_s: asked by the receiver."""

    reason: str
    give_up_after: timedelta = GIVE_UP_AFTER
    delay_s: float = 0.0


def signature(secret: str, at: int, body: bytes) -> str:
    """Return the value of `X-Simpang-Signature` for `body`, sent `at` Unix seconds.

    >>> signature("rahasia", 1795384800, b"{}")
    't=1795384800,v1=fd35ba3cac51eba7245615471e82646970b313b65a898e6b5c0770c861c5e8f0'
    """
    code = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={code}"


def webhook_url(config: WebhookConfig) -> httpx.URL:
    """Return the address of a webhook. Raises UserError, without the address, where it is none of HTTP."""
    address = Address.parse(config.url.get_secret_value())
    try:
        url = httpx.URL(address.encoded if address.scheme in ("http", "https") else "")
    except httpx.InvalidURL:
        url = httpx.URL("")
    if not url.host:
        raise UserError(
            f"webhooks: the url of {config.id} is no address; write http://host/path or https://host/path, "
            f"and {HOW_TO_WRITE}"
        )
    return url


class WebhookChannel:
    """A context manager with an HTTP client. Raises UserError for an address that is no HTTP URL."""

    def __init__(self, config: WebhookConfig) -> None:
        url = webhook_url(config)
        self.id = config.id
        self._url = url
        self._secret = config.secret
        headers = {"User-Agent": f"simpang/{version('simpang')}", "Content-Type": "application/json"}
        try:
            self._client = httpx.Client(timeout=TIMEOUT, headers=headers)
        except (ValueError, httpx.InvalidURL):
            # The message of httpx quotes a part of the proxy's address, which may be a part of its password.
            raise UserError(
                "environment: HTTP_PROXY, HTTPS_PROXY or ALL_PROXY is no address; write "
                f"http://user:password@host:port, and {HOW_TO_WRITE}"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def send(self, body: bytes, *, idempotency_key: str) -> Failure | None:
        """Post `body`. Returns None where the receiver accepted it."""
        headers = {
            "X-Simpang-Signature": signature(self._secret.get_secret_value(), int(time()), body),
            "Idempotency-Key": idempotency_key,
        }
        try:
            response = self._client.post(self._url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:  # UnicodeError: a name for no DNS
            return Failure(without_credentials(f"{type(error).__name__}: {error}"))
        return _failure(response)


def _failure(response: httpx.Response) -> Failure | None:
    status = response.status_code
    reason = f"HTTP {status}"
    if response.is_success:
        return None
    if status == _GONE:
        return Failure(reason, timedelta(0))
    asked = response.headers.get("Retry-After", "")
    delay_s = min(float(asked), MAX_RETRY_AFTER_S) if asked.isdecimal() else 0.0
    if response.is_client_error and status not in _RETRYABLE:
        return Failure(reason, GIVE_UP_REFUSED_AFTER, delay_s)
    return Failure(reason, GIVE_UP_AFTER, delay_s)
