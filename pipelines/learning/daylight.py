"""Day, dusk or night at a place, from the elevation of the sun.

The brightness of a picture does not show it: night pictures of lit streets are as bright as pictures by day
(docs/adr/0115-unsure-pictures.md).
"""

import math
from typing import Literal

from analytics.camera import Position

Light = Literal["day", "dusk", "night"]
"""Light of a street, as in the column `light` of a picture set."""

DAY_ABOVE_DEG = 3.0
"""Elevation of the sun from which it is day, degrees; below it, headlamps are on. [assumption]"""

NIGHT_BELOW_DEG = -6.0
"""Elevation of the sun below which it is night, degrees. [source: end of civil twilight]"""

J2000_UNIX_S = 946_728_000
"""Unix time (s) of 1 January 2000, 12:00 UTC. [source: definition of J2000, without its minute of difference]"""


def light_at(t: float, place: Position) -> Light:
    """Return the light at `t` (Unix seconds)."""
    elevation = sun_elevation_deg(t, place)
    if elevation >= DAY_ABOVE_DEG:
        return "day"
    return "night" if elevation < NIGHT_BELOW_DEG else "dusk"


def sun_elevation_deg(t: float, place: Position) -> float:
    """Return the elevation of the sun above the horizon at `t` (Unix seconds), in degrees, to about 0.1 degrees.

    [source: low-precision formulas for the sun of the Astronomical Almanac]
    """
    days = (t - J2000_UNIX_S) / 86400
    mean_longitude, anomaly = math.radians(280.460 + 0.9856474 * days), math.radians(357.528 + 0.9856003 * days)
    longitude = mean_longitude + math.radians(1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    obliquity = math.radians(23.439 - 4e-7 * days)
    right_ascension = math.atan2(math.cos(obliquity) * math.sin(longitude), math.cos(longitude))
    declination = math.asin(math.sin(obliquity) * math.sin(longitude))
    sidereal = math.radians(280.46062 + 360.98564737 * days + place.lon)
    hour_angle, latitude = sidereal - right_ascension, math.radians(place.lat)
    sine = math.sin(latitude) * math.sin(declination)
    sine += math.cos(latitude) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(sine))
