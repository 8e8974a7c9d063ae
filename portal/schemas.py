"""Base of the API's JSON, and what all features share: errors, times, fractions."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Utc = Annotated[datetime, AfterValidator(lambda at: at.astimezone(UTC))]
"""A time with its zone, converted to UTC."""
Fraction = Annotated[float, Field(ge=0, le=1)]
"""A share between 0 and 1."""


class ApiModel(BaseModel):
    """Base of every answer. Every field is always present, so that the generated types are not optional."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class Problem(ApiModel):
    """An error."""

    detail: str = Field(description="One sentence that describes the error.")
