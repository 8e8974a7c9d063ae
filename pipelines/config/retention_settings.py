"""Settings of old rows: the age at which they are compressed or deleted."""

from typing import Annotated

from pydantic import Field

from pipelines.config.section import Section

Days = Annotated[int, Field(ge=14, le=36_500)]
"""Age in days. At least twice the time that late data takes. [assumption: an outbox waits for a week]"""


class RetentionConfig(Section):
    """Old rows of the database. What a key leaves out is kept for ever; roll-ups, gaps and incidents always are."""

    compress_after_days: Days | None = 14
    """Age from which on a day is compressed, on TimescaleDB with its own licence (TSL). `null`: never."""
    crossings_days: Days | None = None
    """Days for which gate crossings are kept. History by 5 minutes or more remains."""
    observed_days: Days | None = None
    """Days for which the analysed periods are kept."""
    gate_intervals_days: Days | None = None
    """Days for which the minutes of gates are kept."""
    zone_intervals_days: Days | None = None
    """Days for which the minutes of zones are kept."""
    levels_days: Days | None = None
    """Days for which changes of congestion levels are kept."""
    health_days: Days | None = None
    """Days for which reports of the cameras' state are kept."""

    def days_of(self, *tables: str) -> int | None:
        """Return for how many days the rows of all these tables are kept; None for ever."""
        limits = [days for table in tables if (days := getattr(self, f"{table}_days")) is not None]
        return min(limits, default=None)
