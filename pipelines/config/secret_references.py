"""References to secrets: `${dishub}` in an address stands for the secret `dishub` of the configuration.

So an address can be shown, sent and stored without its password.
"""

import re
from collections.abc import Mapping

from pydantic import SecretStr

from pipelines.addresses.mask import remember_addresses

_REFERENCE = re.compile(r"\$\{([a-z0-9][a-z0-9_-]{0,62})\}")
"""Reference to a secret by its name, which is as the ids of the configuration."""
_LOGIN = re.compile(r"//[^/?#]*[^/?#:@][^/?#]*@")
"""User or password of an address whose references were removed."""
_NAMED = re.compile(r"(?:pass|pwd|pw|token|secret|key|auth|sig)[a-z_]*=[^&/#]", re.IGNORECASE)
"""Value of a parameter whose name is usual for a secret, in a query or, as some cameras have it, in a path."""


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


def is_free_of_secrets(address: str) -> bool:
    """Return whether an address contains no user, password, token or key beside references.

    >>> [is_free_of_secrets(f"rtsp://{login}10.0.0.7/1?channel=1") for login in ("", "${dishub}@", "admin:s3cret@")]
    [True, True, False]
    """
    plain = _REFERENCE.sub("", address)
    return not _LOGIN.search(plain) and not _NAMED.search(plain)
