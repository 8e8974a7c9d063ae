"""Client of CKAN's action API. [source: docs.ckan.org, API guide]"""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import httpx

from pipelines.errors import UserError
from portal.open_data.ckan_dataset import Fields

TIMEOUT_S = 30.0
"""Longest wait for an answer, s. [assumption: portals re-index a dataset before they answer]"""
KEY_VARIABLE = "CKAN_API_KEY"
"""Environment variable with the key of an account of the CKAN portal."""


class CkanClient:
    """A CKAN portal. url: its address. key: of an account that may edit datasets; None only reads.

    Raises UserError for an address to which a key must not be sent, and on every failure of a call.
    """

    def __init__(self, url: str, key: str | None) -> None:
        _check_address(url)
        self._url = url.rstrip("/")
        headers = {} if key is None else {"Authorization": key}
        self._http = httpx.Client(headers=headers, timeout=TIMEOUT_S, follow_redirects=False)

    def __enter__(self) -> "CkanClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def dataset(self, name: str) -> Fields | None:
        """The dataset with this name; None where there is none."""
        return self._call("package_show", {"id": name})

    def create(self, dataset: Fields) -> None:
        """Create a dataset."""
        self._call("package_create", dataset)

    def change(self, dataset_id: str, changes: Fields) -> None:
        """Replace fields of a dataset."""
        self._call("package_patch", {"id": dataset_id, **changes})

    def _call(self, action: str, parameters: Fields) -> Fields | None:
        """Result of an action; None for a dataset that does not exist."""
        try:
            answer = self._http.post(f"{self._url}/api/3/action/{action}", json=parameters)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise UserError(f"{self._url}: no answer ({reason}); check --url, and repeat the command") from None
        try:
            content = answer.json()
            success = content["success"]
        except (ValueError, TypeError, KeyError):
            raise UserError(
                f"{self._url}: status {answer.status_code}, no answer of the action API of CKAN; --url is that of "
                "the start page"
            ) from None
        if success:
            return dict(content["result"])
        if answer.status_code == httpx.codes.NOT_FOUND and action == "package_show":
            return None
        raise UserError(f"{self._url}: {action} was refused: {_reason(answer.status_code, content.get('error'))}")


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(f"--url {url}: give the address of a CKAN portal, such as https://data.kota.example.id")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise UserError(f"--url {url}: the key would be sent unencrypted; give an https address")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(status: int, error: Any) -> str:
    """The reason of a refusal on one line: message, or the fields that are not valid."""
    if status == httpx.codes.FORBIDDEN:
        return f"the key is missing or has no right to it; give one in {KEY_VARIABLE}, and its --organization"
    if not isinstance(error, dict):
        return f"status {status}"
    fields = {name: text for name, text in error.items() if not name.startswith("__")}
    return "; ".join(f"{name}: {text}" for name, text in fields.items()) or f"status {status}"
