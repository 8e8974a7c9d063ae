"""Settings of the handling of incidents."""

from pydantic import Field

from pipelines.config.section import Section


class IncidentsConfig(Section):
    """Handling of incidents by operators."""

    acknowledge_within_s: float | None = Field(default=None, ge=10, le=86_400)
    """Seconds from an alert in which an operator has to take a step, at least to acknowledge the incident. After that,
    all its webhooks get it again, once, with the phase `escalated`. Without it, nothing is escalated."""
