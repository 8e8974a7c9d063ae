"""Typesetting of the survey sheet (extra `planner`)."""

import json
from importlib import resources
from typing import Any

import typst

TEMPLATE = "site_month.typ"
"""Layout, beside this module."""


def typeset(content: dict[str, Any], *, kind: str = "pdf", ppi: float = 110) -> list[bytes]:
    """Return the report as PDF, one file; or as PNG, one picture a page with `ppi` pixels an inch."""
    template = resources.files(__package__).joinpath(TEMPLATE).read_bytes()
    inputs = {"data": json.dumps(content)}
    made = typst.compile(template, format=kind, ppi=ppi, sys_inputs=inputs)  # type: ignore[call-overload]
    return made if isinstance(made, list) else [made]
