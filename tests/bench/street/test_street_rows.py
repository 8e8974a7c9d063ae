"""Rows of the benchmark of `street`: which pictures they use, and whether a target is met."""

from pathlib import Path

from bench.street.street_rows import Row, light_and_class, picture_rows, rows_json
from tests.support.boxes import examined, found, labelled

MOTORCYCLE = ("motorcycle", 0, 0, 20, 40)
RIDER = ("person", 0, 0, 20, 40)


def pictures(detected):
    """A Bogor picture by day and one by night, and one of a queue, with one motorcycle each."""
    truth, seen = labelled(MOTORCYCLE), found(detected)
    return [
        examined(seen, truth, camera="juanda"),
        examined(seen, truth, camera="juanda", light="night"),
        examined(seen, truth, camera="id_queue_a", folder=Path("streets2")),
    ]


def test_each_row_measures_its_pictures_and_counts_those_of_trained_cameras():
    rows = {row.key: row for row in picture_rows(pictures(RIDER), pictures(MOTORCYCLE), {"juanda"})}
    assert (rows["motorcycle_right_bogor_day"].before, rows["motorcycle_right_bogor_day"].reached) == (0.0, 1.0)
    assert [
        (rows[f"motorcycle_right_{k}"].pictures, rows[f"motorcycle_right_{k}"].trained)
        for k in ("bogor_day", "bogor_night", "queues", "wet_day")
    ] == [(1, 1), (1, 1), (1, 0), (1, 0)]
    untrained = rows["map50_untrained_cameras"]
    assert (untrained.pictures, untrained.reached) == (1, 1.0)
    assert rows["motorcycle_ap50_untrained_cameras"].before == 0.0


def test_a_row_without_pictures_or_boxes_is_not_measured():
    rows = {row.key: row for row in picture_rows(pictures(RIDER), pictures(MOTORCYCLE), ())}
    assert (rows["motorcycle_right_dusk"].reached, rows["motorcycle_right_dusk"].met) == (None, None)
    assert (rows["car_right_bogor_day"].pictures, rows["car_right_bogor_day"].reached) == (1, None)


def test_a_bound_is_met_from_its_side():
    assert Row("k", "m", 0.5, None, 0.5, "").met is True
    assert Row("k", "m", 0.5, None, 0.6, "", at_most=True).met is False


def test_the_json_has_a_flat_key_for_each_row_of_both_networks():
    rows = picture_rows(pictures(RIDER), pictures(MOTORCYCLE), ())
    written = rows_json(rows)
    assert (written["motorcycle_right_bogor_night"], written["before"]["motorcycle_right_bogor_night"]) == (1.0, 0.0)
    assert {target["key"] for target in written["targets"]} == set(written["before"])
    assert written["targets"][0]["asked"] == ">= 0.66"


def test_networks_stand_side_by_side_by_light_and_class():
    rows = light_and_class({"old": pictures(("car", 300, 0, 340, 40)), "new": pictures(MOTORCYCLE)})
    by_key = {(row["light"], row["class"]): row for row in rows}
    assert (by_key["day", "motorcycle"]["old"]["right"], by_key["day", "motorcycle"]["new"]["right"]) == (0, 2)
    assert "new" not in by_key["night", "car"]
