"""JSON of uptime: observed and unobserved seconds of cameras, sites and owners, by day or month."""

from datetime import date

from pydantic import Field

from analytics.uptime.minute_gap import GapCause
from portal.schemas import ApiModel, Utc


class PeriodUptime(ApiModel):
    """Seconds in service. Their sum is the time that should have been observed."""

    observed_s: int
    unobserved_s: dict[GapCause, int] = Field(description="By cause, without those that did not occur.")


class UptimeRow(ApiModel):
    """Uptime over the whole report, and of each of its periods; null where no camera was in service."""

    total: PeriodUptime | None
    periods: list[PeriodUptime | None]


class CameraUptime(UptimeRow):
    """Uptime of a camera."""

    id: str
    name: str
    site: str | None = Field(description="Name of the site.")
    owner: str = Field(description="Owner of the camera; the city where none is configured.")


class SiteUptime(UptimeRow):
    """Uptime of all cameras that are at a site now, of those that the user may see."""

    id: str
    name: str


class OwnerUptime(UptimeRow):
    """Uptime of all cameras that an owner has now, of those that the user may see."""

    name: str


class UptimeReport(ApiModel):
    """Uptime of all cameras that the user may see, since each was first known."""

    assessed_until: Utc = Field(description="Later minutes are not in the report yet.")
    months: list[str] = Field(description="Months in which a camera was in service, such as 2026-11.")
    periods: list[date] = Field(description="First day of each period: of each day, or of each month.")
    city: UptimeRow
    cameras: list[CameraUptime]
    sites: list[SiteUptime]
    owners: list[OwnerUptime]
