"""Column and row of map tiles."""

from math import asinh, pi, radians, tan

from analytics.camera import Position

MAX_LAT = 85.0511
"""Latitude of the edge of Web Mercator, degrees. [source: the square world of slippy maps]"""


def tile_of(position: Position, zoom: int) -> tuple[int, int]:
    """Column and row of the tile that contains a position.

    >>> tile_of(Position(lat=1.13, lon=104.05), 12)
    (3231, 2035)
    """
    tiles = 2**zoom
    lat = max(-MAX_LAT, min(MAX_LAT, position.lat))
    x, y = position.lon / 360 + 0.5, 0.5 - asinh(tan(radians(lat))) / (2 * pi)
    return min(tiles - 1, int(x * tiles)), min(tiles - 1, int(y * tiles))
