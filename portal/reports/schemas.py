"""JSON of the reports of viewers."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from portal.schemas import ApiModel, Utc


class ReportKind(StrEnum):
    """What a viewer may report. There is no free text, so that no report contains personal data."""

    NO_PICTURE = "no_picture"
    OLD_PICTURE = "old_picture"
    WRONG_PLACE = "wrong_place"
    WRONG_LEVEL = "wrong_level"
    PRIVACY = "privacy"


class NewReport(BaseModel):
    """A report of a viewer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ReportKind = Field(
        description="No picture; an old one; another place than on the map; a level that is not that of the picture; "
        "a view into what is private."
    )


class CameraReport(ApiModel):
    """Reports of one kind about one camera that no operator has handled."""

    camera_id: str
    camera_name: str
    kind: ReportKind
    n: int = Field(description="Number of reports.")
    first_at: Utc = Field(description="Hour of the first report.")
    last_at: Utc = Field(description="Hour of the newest report.")


class CameraReports(ApiModel):
    """Reports that no operator has handled, the newest first."""

    reports: list[CameraReport]
