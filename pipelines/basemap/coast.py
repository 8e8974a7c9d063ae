"""Land and sea of an extract, from its coastline: OpenStreetMap draws it with land on its left.

Method: the coastline and the edge of the extract cut it into faces, and each face is sea where most of the coastline
around it has the face on its right [source: wiki.openstreetmap.org/wiki/Tag:natural=coastline].
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pipelines.basemap.osm_features import Box

_BESIDE = 1e-7
"""Distance from the coastline at which its sides are examined, degrees: 1 cm. [assumption: finer than its points]"""


class Ground(NamedTuple):
    """Land and sea in degrees. is_cut: whether every coastline parts them; one that ends inside the box does not."""

    land: BaseGeometry
    sea: BaseGeometry
    is_cut: bool


def land_and_sea(coast: Sequence[BaseGeometry], box: Box) -> Ground:
    """Return the land and the sea within `box`; all land where there is no coastline.

    coast: lines in degrees. The surroundings of a coastline that ends inside the box stay one face.
    """
    frame = shapely.box(*box)
    lines = shapely.intersection(np.array(coast, dtype=object), frame) if len(coast) else np.array([])
    cut = shapely.union_all([*lines, frame.exterior])
    polygons, bridges, dangling, _ = shapely.polygonize_full(shapely.get_parts(cut))
    faces = shapely.get_parts(polygons)
    sea = faces[_sea_votes(shapely.get_parts(lines), faces) > 0]
    is_cut = bridges.is_empty and dangling.is_empty
    return Ground(shapely.union_all(faces[~np.isin(faces, sea)]), shapely.union_all(sea), is_cut)


def _sea_votes(lines: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """For each face, the segments of coastline with it on their right minus those with it on their left."""
    votes = np.zeros(len(faces))
    tree = shapely.STRtree(faces)
    for line in lines[shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING] if len(lines) else ():
        points = shapely.get_coordinates(line)
        steps = np.diff(points, axis=0)
        lengths = np.linalg.norm(steps, axis=1)
        steps, middles = steps[lengths > 0], ((points[1:] + points[:-1]) / 2)[lengths > 0]
        right = np.column_stack([steps[:, 1], -steps[:, 0]]) / lengths[lengths > 0, None] * _BESIDE
        for sign in (1, -1):
            _, found = tree.query(shapely.points(middles + sign * right), predicate="within")
            np.add.at(votes, found, sign)
    return votes
