"""JSON of the narration of a simulated city."""

from pydantic import Field

from portal.schemas import ApiModel, Utc


class NarratedEvent(ApiModel):
    """An event of the simulation."""

    at: Utc
    camera_id: str | None = Field(description="Null for an event of the whole city.")
    camera_name: str | None
    text: dict[str, str] = Field(description="What really happened, by language: `id`, `en`.")


class Narration(ApiModel):
    """Events of the simulation that have happened so far."""

    events: list[NarratedEvent] = Field(description="The newest last; empty in a real city.")
