"""Queries of history: the one layer that pages, files, reports and notebooks read counts and measures through.

>>> import pipelines.query
>>> with pipelines.query.open_city("city.yaml") as city:  # doctest: +SKIP
...     city.gates(from_at=date(2026, 11, 1), to_at=date(2026, 12, 1), interval_s=3600)
"""

from typing import Any


def __getattr__(name: str) -> Any:
    """Load the frames when they are asked for: they need polars (extra `planner`), which the portal does without."""
    if name in ("City", "open_city"):
        from pipelines.query import city  # noqa: PLC0415 - needs the extra

        return getattr(city, name)
    raise AttributeError(name)
