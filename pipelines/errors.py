"""Errors whose message contains the remedy: what is wrong, and what to do."""

import re

from pydantic import ValidationError
from pydantic_core import ErrorDetails


class UserError(ValueError):
    """Unusable input. The message is one line: what is wrong, where, and what to do."""


class NeedsRemedy(ConnectionError):
    """Failure that no retry ends: credentials, an address or a setting must be changed first."""


class CredentialsRefused(NeedsRemedy):
    """A host refuses user and password. Further attempts may lock the account."""


def first_problem(error: ValidationError) -> str:
    """Return the first error of a validation as `key: what is wrong`, without the value, which may be a secret.

    The value of a number with a decimal comma is part of the advice: a number is no secret.
    An error of the whole content has no key.
    """
    problem = error.errors(include_url=False)[0]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in problem["loc"]).lstrip(".")
    if problem["type"] == "extra_forbidden":
        decimals = "; write decimals with a point" if str(problem["loc"][-1]).isdecimal() else ""
        return f"unknown key {key}; remove it or correct its spelling{decimals}"
    if problem["type"] == "missing":
        return f"key {key} is missing; add it"
    if not key and problem["type"] in {"dict_type", "model_type"}:
        return "expected an object with keys at the top level"
    text = problem["msg"].removeprefix("Value error, ") + _advice(problem)
    return f"{key}: {text}" if key else text


def _advice(problem: ErrorDetails) -> str:
    """Return the remedy for a value of a wrong kind, to append; empty for other problems."""
    kind, value = problem["type"], problem["input"]
    if kind == "string_type":
        return "; put it in quotation marks"
    if kind in {"float_parsing", "int_parsing"} and isinstance(value, str):
        comma = re.fullmatch(r"\s*([+-]?\d+),(\d+)\s*", value)
        return f"; write decimals with a point: {comma[1]}.{comma[2]}" if comma else ""
    if kind == "too_long" and problem["ctx"]["field_type"] == "Tuple":
        return "; write decimals with a point, such as 12.5"
    return ""
