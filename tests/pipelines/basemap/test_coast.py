"""Land and sea from coastlines that have land on their left."""

import shapely

from pipelines.basemap.coast import land_and_sea
from tests.support.osm_extract import square

BOX = (104.0, 1.0, 105.0, 2.0)


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(points)


def sides(*coast: shapely.LineString, at: tuple[float, float]) -> tuple[bool, bool]:
    """Whether a place is land, and whether it is sea."""
    land, sea, _ = land_and_sea(coast, BOX)
    assert abs(land.area + sea.area - 1) < 1e-9
    return land.contains(shapely.Point(at)), sea.contains(shapely.Point(at))


def test_without_a_coast_all_is_land() -> None:
    assert sides(at=(104.5, 1.5)) == (True, False)


def test_land_is_left_of_the_coast_in_either_direction() -> None:
    north, south = line((104.5, 0.5), (104.5, 2.5)), line((104.5, 2.5), (104.5, 0.5))
    assert sides(north, at=(104.2, 1.5)) == (True, False)
    assert sides(north, at=(104.8, 1.5)) == (False, True)
    assert sides(south, at=(104.2, 1.5)) == (False, True)


def test_a_coast_in_many_ways_is_one_coast() -> None:
    ways = [line((104.5, 0.5), (104.5, 1.2)), line((104.5, 1.2), (104.5, 1.8)), line((104.5, 1.8), (104.5, 2.5))]
    assert sides(*ways, at=(104.8, 1.5)) == (False, True)


def test_an_island_is_land_in_the_sea_and_a_bay_is_sea_in_the_land() -> None:
    island = line(*square((104.5, 1.5), 0.1), (104.4, 1.4))
    assert sides(island, at=(104.5, 1.5)) == (True, False)
    assert sides(island, at=(104.2, 1.2)) == (False, True)
    assert sides(shapely.reverse(island), at=(104.5, 1.5)) == (False, True)


def test_a_coast_that_ends_in_the_box_changes_nothing_else() -> None:
    whole, broken = line((104.5, 0.5), (104.5, 2.5)), line((104.1, 1.1), (104.2, 1.2))
    assert sides(whole, broken, at=(104.8, 1.5)) == (False, True)
    assert sides(whole, broken, at=(104.3, 1.5)) == (True, False)


def test_a_coast_that_parts_nothing_is_known() -> None:
    whole, island = line((104.2, 0.5), (104.8, 2.5)), shapely.LinearRing(square((104.2, 1.5), 0.1))
    assert land_and_sea([], BOX).is_cut
    assert land_and_sea([whole, island], BOX).is_cut
    assert not land_and_sea([line((104.2, 0.5), (104.5, 1.9))], BOX).is_cut, "ends inside"
    assert not land_and_sea([whole, line((104.1, 1.1), (104.2, 1.2))], BOX).is_cut
    assert not land_and_sea([island, line((104.3, 1.4), (104.9, 1.4), (104.9, 2.5))], BOX).is_cut
