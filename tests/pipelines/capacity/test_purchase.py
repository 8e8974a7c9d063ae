"""What to buy, by the figures of a capacity run."""

import pytest

from pipelines.capacity.assessment import CapacityResult, assess
from pipelines.capacity.purchase import Origin, cameras_held, machine_figures, purchase, rows_a_day
from pipelines.store.tables import TIME_SERIES
from tests.pipelines.capacity.test_assessment import BUSY, frames, record


def point(*, cameras: int = 10, per_s: float = 5.0, cpu_s: float = 55.5, cores: float = 2.0) -> CapacityResult:
    measured = record(*(frames(per_s) for _ in range(cameras)), cpu_s={"analysis": cpu_s})
    return assess(measured.model_copy(update={"cores": cores, "resident_mb": 1000.0}), {"road": BUSY})


def values(cameras: int, of: CapacityResult) -> dict[str, float]:
    return {figure.name: figure.value for figure in purchase(of, cameras)}


def test_a_full_machine_holds_what_it_was_seen_to_hold() -> None:
    held = cameras_held(point(cpu_s=56.0))
    assert (held.value, held.origin) == (10, Origin.MEASURED)


@pytest.mark.parametrize(("cpu_s", "cores", "held"), [(27.6, 2.0, 20), (27.6, 1.0, 10), (5.52, 1.5, 75)])
def test_a_machine_with_cores_to_spare_holds_more_by_cpu_time(cpu_s: float, cores: float, held: int) -> None:
    assert cameras_held(point(cpu_s=cpu_s, cores=cores)).value == held


def test_a_run_with_smaller_pictures_is_not_extrapolated() -> None:
    reduced = point(cpu_s=27.6).model_copy(update={"reduced_share": 0.9})
    assert (cameras_held(reduced).value, cameras_held(reduced).origin) == (10, Origin.MEASURED)


def test_a_machine_of_one_camera_is_planned_with_one() -> None:
    planned = {figure.name: figure.value for figure in machine_figures(point(cameras=1, cpu_s=6.0, cores=0.1))}
    assert (planned["cameras held"], planned["cameras planned"]) == (1, 1)


def test_a_machine_that_failed_holds_what_it_analysed_often_enough() -> None:
    held = cameras_held(point(per_s=2.5))
    assert (held.value, held.origin) == (5, Origin.DERIVED)


def test_a_run_that_failed_for_its_age_alone_does_not_count_as_held() -> None:
    late = record(*(frames(age_s=0.8) for _ in range(4)))
    assert cameras_held(assess(late, {"road": BUSY})).value == 3


def test_machines_are_whole_and_each_has_a_reserve() -> None:
    full = point(cpu_s=56.0)
    planned = {figure.name: figure.value for figure in machine_figures(full)}["cameras planned"]
    assert planned == 8
    assert [values(n, full)["machines"] for n in (1, 8, 9, 36, 300)] == [1, 1, 2, 5, 38]
    assert values(36, full)["cores in all"] == 10
    assert values(36, full)["memory in all"] == 5 * 3


def test_disk_and_network_grow_with_the_cameras() -> None:
    few, many = values(30, point()), values(300, point())
    for name in ("database rows", "database", "live video on disk", "network in"):
        assert many[name] == pytest.approx(10 * few[name], rel=0.05), name
    assert many["network out, each viewer"] == few["network out, each viewer"] == 2.0


def test_a_given_bit_rate_replaces_the_assumed_one() -> None:
    (main,) = (figure for figure in purchase(point(), 1, 4000) if figure.name == "main stream")
    assert (main.value, main.origin) == (4000, Origin.GIVEN)
    (out,) = (figure for figure in purchase(point(), 1, 4000) if figure.name.startswith("network out"))
    assert out.value == 4.0


def test_a_machine_that_holds_one_camera_is_planned_for_one() -> None:
    assert values(3, point(cameras=2, per_s=2.6))["machines"] == 3


def test_a_machine_that_holds_none_is_no_answer() -> None:
    with pytest.raises(ValueError, match="holds no camera"):
        purchase(point(cameras=1, per_s=1.0), 36)


def test_every_table_that_grows_with_time_is_in_the_rows_of_a_day() -> None:
    assert set(rows_a_day()) == set(TIME_SERIES)
