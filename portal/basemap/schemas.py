"""JSON of the roads on the map."""

from typing import Annotated

from pydantic import Field

from portal.schemas import ApiModel

LatLon = Annotated[tuple[float, float], Field(description="Latitude and longitude, WGS84 degrees.")]
"""A position of a line, as map libraries read it."""
Line = tuple[LatLon, ...]
"""Positions of a line in their order."""


class ZoneRoad(ApiModel):
    """Road that a zone observes. Its level is in the state of its camera, in the zone of the same id."""

    camera_id: str
    zone: str
    outline: Line = Field(description="Corners of the zone on the ground, cut off where it is too far to see.")
    centre: Line = Field(description="Centre line; empty for an area such as a whole junction.")
    width_m: float = Field(description="Width across the centre line, metres.")
    is_directed: bool = Field(description="Whether the centre line has the direction of legal travel.")


class Street(ApiModel):
    """A street of the city, without a level."""

    line: Line
    width_m: float


class RoadMap(ApiModel):
    """What the map draws below its markers."""

    zones: tuple[ZoneRoad, ...] = Field(description="Of calibrated cameras that the user may see.")
    streets: tuple[Street, ...] = Field(description="Streets of the city, if it has given a file of them.")
