"""JSON of incidents and of the steps on them."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from analytics.camera import Position
from analytics.facts import IncidentEvidence, IncidentType
from analytics.incidents.grouping import Grouping
from analytics.incidents.handling import HandlingState, Step, StepContent
from analytics.uptime.minute_gap import GapCause
from portal.public_root import PortalAddress
from portal.schemas import ApiModel, Fraction, Utc


class IncidentHandling(ApiModel):
    """Handling of an incident by operators, after its last step."""

    state: HandlingState
    assignee: str | None
    confirmed: bool | None = Field(description="True: real. False: a false alarm. Null: without a verdict.")
    merged_into: str | None = Field(
        description="Id of the incident that remains, if the account may see it; null in the stream."
    )
    steps: int = Field(description="Number of steps so far; pass it as `known_steps` of the next one.")
    next: list[Step] = Field(description="Steps that are possible now.")
    pending: bool = Field(description="Whether it is still to be handled.")


class Incident(ApiModel):
    """An incident with the names and the position of its camera."""

    id: str
    camera_id: str
    camera_name: str
    site_name: str | None
    type: IncidentType
    zone: str | None
    start_at: Utc
    detected_at: Utc
    end_at: Utc | None = Field(description="Null while it lasts.")
    pixel: tuple[float, float]
    position: Position | None
    confidence: float
    evidence: IncidentEvidence | None = Field(description="Figures; null for incidents from older workers.")
    reason: str = Field(description="The evidence as a sentence in English.")
    snapshot: PortalAddress | None = Field(description="Address of a JPEG image, null if none was stored.")
    evidence_sheet: PortalAddress | None = Field(
        description="Address of the page of its package of evidence; null without one, and in the event stream."
    )
    handling: IncidentHandling


class Incidents(ApiModel):
    """One page of the list of incidents."""

    incidents: list[Incident]
    next: str | None = Field(description="Pass this as `before` to get older incidents; null at the end.")


class LoggedStep(ApiModel):
    """A step on an incident, and the state after it."""

    n: int
    at: Utc
    by: str
    step: Step
    note: str
    state: HandlingState
    assignee: str | None
    merged_into: str | None


class IncidentLog(ApiModel):
    """Steps on an incident in order, and when its alert was delivered and escalated."""

    seen_at: Utc = Field(description="Detected by the analysis.")
    alerted_at: Utc | None = Field(description="First delivery of its alert to a receiver.")
    escalated_at: Utc | None = Field(description="Alert that no step was taken within the configured time.")
    steps: list[LoggedStep]


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=r"^[^\x00]*$")]
"""Text without the zero byte, which PostgreSQL cannot store."""


class StepRequest(BaseModel):
    """A step on an incident."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: Step
    known_steps: int = Field(ge=0, le=2**31 - 2, description="`handling.steps` of the incident as it was shown.")
    request_id: UUID = Field(description="Random and new for each step; the same when a request is repeated.")
    note: Line = Field(default="", description="Needed for `rejected` (the reason) and `noted`.")
    assignee: Annotated[Line, StringConstraints(max_length=100)] | None = Field(
        default=None, description="Person or unit, for `assigned`."
    )
    merged_into: Annotated[Line, StringConstraints(max_length=200)] | None = Field(
        default=None, description="Id of the incident that remains, for `merged`."
    )

    @property
    def content(self) -> StepContent:
        """The step without the details of the request. Raises ValueError for parts that do not fit the step."""
        return StepContent(
            step=self.step, note=self.note, assignee=self.assignee or None, merged_into=self.merged_into or None
        )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _ = self.content
        return self


class AlarmMember(ApiModel):
    """An incident, or a camera without pictures, of an alarm."""

    camera_id: str
    camera_name: str
    incident_id: str | None = Field(description="Null for a camera without pictures.")
    started_at: Utc


class GroupedAlarm(ApiModel):
    """One alarm for all that has one cause."""

    grouping: Grouping
    started_at: Utc
    type: IncidentType | None = Field(description="Commonest type of its incidents; null for cameras without pictures.")
    cause: GapCause | None = Field(description="Commonest cause of cameras without pictures; null for incidents.")
    sites: list[str] = Field(description="Names of the sites, or of cameras without a site.")
    members: list[AlarmMember]


class Alarms(ApiModel):
    """Present alarms, oldest first: incidents to be handled, and cameras without pictures."""

    incidents: list[GroupedAlarm]
    outages: list[GroupedAlarm]


class QualityRow(ApiModel):
    """Quality of the incidents of one type at one site. Times are medians, s."""

    site: str
    type: IncidentType
    raised: int
    confirmed: int = Field(description="Verified as real.")
    rejected: int = Field(description="Rejected as false alarms.")
    precision: Fraction | None = Field(description="Confirmed of those with a verdict; null without one.")
    false_per_day: float = Field(description="Per calendar day since the site is known, also without pictures.")
    delay_s: float | None = Field(description="From the start to the detection.")
    acknowledge_s: float | None = Field(description="From the detection to the first step.")


class TypeThreshold(ApiModel):
    """Confidence from which nine of ten incidents of a type are real, by the verdicts; null where they show none."""

    type: IncidentType
    verdicts: int
    confidence: Fraction | None
    precision: Fraction | None
    kept: Fraction | None = Field(description="Share of the real incidents above it.")


class QualityReport(ApiModel):
    """Quality of all incidents that were detected in a period."""

    from_at: Utc
    to_at: Utc
    operators: int = Field(description="Users that took a step in the period.")
    alarms: int = Field(description="Incidents, with repetitions as one.")
    alarms_per_ten_minutes: float = Field(
        description="Mean. At most 1 is wanted for each operator on duty (EEMUA 191)."
    )
    busiest_ten_minutes: int = Field(description="Alarms in the ten minutes with most, which begin at any time.")
    rows: list[QualityRow]
    thresholds: list[TypeThreshold]
