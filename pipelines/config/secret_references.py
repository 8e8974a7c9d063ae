"""References to secrets: `${dishub}` in an address stands for the secret `dishub` of the configuration.

So an address can be shown, sent and stored without its password.
"""

import re
from collections.abc import Mapping

from pydantic import SecretStr

from pipelines.addresses.address import MASK, Address
from pipelines.addresses.mask import remember_addresses

_REFERENCE = re.compile(r"\$\{([a-z0-9][a-z0-9_-]{0,62})\}")
"""Reference to a secret by its name, which is as the ids of the configuration."""
_LOGIN = re.compile(rf"//{_REFERENCE.pattern}(?::{_REFERENCE.pattern})?@")
"""User and password of which nothing but references is written."""
_PLACEHOLDER = "reference"
"""Plain word in the place of a reference."""


def with_secrets(address: str, secrets: Mapping[str, SecretStr]) -> str:
    """Return an address with its secrets, as they are written in a URL. Raises ValueError for an unknown reference.

    >>> with_secrets("rtsp://${dishub}@10.0.0.7/1", {"dishub": SecretStr("admin:s3cret")})
    'rtsp://admin:s3cret@10.0.0.7/1'
    """
    for name in _REFERENCE.findall(address):
        if name not in secrets:
            raise ValueError(
                f"secret {name} is not listed under secrets; add it, or set SIMPANG_SECRETS__{name.upper()}"
            )
    complete = _REFERENCE.sub(lambda found: secrets[found[1]].get_secret_value(), address)
    if complete != address:
        remember_addresses([complete])
    return complete


def problem_of(address: str) -> str:
    """Return why an address cannot be shown, with the remedy; an empty text where its only secrets are references.

    >>> [bool(problem_of(f"rtsp://{login}10.0.0.7/1?channel=1")) for login in ("", "${dishub}@", "admin:s3cret@")]
    [False, False, True]
    """
    found = Address.parse(_REFERENCE.sub(_PLACEHOLDER, _LOGIN.sub("//", address)))
    if found.problem:
        return "is no address; write it as rtsp://${name}@host:port/path, with user:password as the secret of this name"
    is_hidden = found.user or found.password or found.masked.endswith(f"://{MASK}")
    if is_hidden or found.secrets_of_rest - {_PLACEHOLDER}:
        return (
            "contains a user, password or token; move it to secrets in the configuration of each worker, and write "
            "${name} in its place"
        )
    return ""
