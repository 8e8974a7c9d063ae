"""Errors whose message contains the remedy: what is wrong, and what to do."""

from pydantic import ValidationError


class UserError(ValueError):
    """Unusable input. The message is one line: what is wrong, where, and what to do."""


class HostUnreachable(ConnectionError):
    """No host answers at the address. A retry costs little, unlike one at a host that refuses."""


def first_problem(error: ValidationError) -> str:
    """Return the first error of a validation as `key: what is wrong`, without the value, which may be a secret.

    An error of the whole content has no key.
    """
    problem = error.errors(include_url=False, include_input=False)[0]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]).lstrip(".")
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key}; remove it or correct its spelling"
    if problem["type"] == "missing":
        return f"key {key} is missing; add it"
    if not key and problem["type"] in {"dict_type", "model_type"}:
        return "expected an object with keys at the top level"
    text = problem["msg"].removeprefix("Value error, ")
    return f"{key}: {text}" if key else text
