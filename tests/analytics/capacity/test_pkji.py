"""The tables are checked against the published ones, copied here by hand from the named pages."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.capacity.pkji import (
    degree_of_saturation,
    emp,
    emp_row,
    level_of_service,
    smp_flow,
)
from analytics.capacity.pkji_tables import (
    BASE_CAPACITY,
    EMP,
    LANES_IN_FLOW,
    LEVEL_OF_SERVICE_SOURCES,
    LEVEL_OF_SERVICE_UP_TO,
    EmpRow,
    Manual,
    RoadType,
)
from analytics.facts import LevelOfService
from analytics.road_users import RoadUser

PKJI_2023_TOWN_ROADS = {
    # road: [(flow from, carriageway over m, up to m, KS, SM)]; two copies that agree, named in the tables
    "2/2-TT": [
        (0, 0, 6, 1.3, 0.50),
        (0, 6, np.inf, 1.3, 0.40),
        (1800, 0, 6, 1.2, 0.35),
        (1800, 6, np.inf, 1.2, 0.25),
    ],
    "4/2-T": [(0, 0, np.inf, 1.3, 0.40), (1050, 0, np.inf, 1.2, 0.25)],
    "6/2-T": [(0, 0, np.inf, 1.3, 0.40), (1100, 0, np.inf, 1.2, 0.25)],
}
PKJI_2023_TABLE_5_2 = {"APILL terlindung": (1.00, 1.30, 0.15), "APILL terlawan": (1.00, 1.30, 0.40)}  # MP, KS, SM
RSNI_T_14_2004_TABLE_3 = {
    # the page itself: "Dua lajur satu arah (2/1) dan empat lajur terbagi (4/2D): 0 s.d. 1.050, > 1.050; tiga lajur
    # satu arah (3/1) dan enam lajur terbagi (6/2D): 0 s.d. 1.100, > 1.[1]00"; kend./jam per lajur, HV, MC
    ("2/1", "4/2-T"): [(0, 1.3, 0.40), (1050, 1.2, 0.25)],
    ("3/1", "6/2-T"): [(0, 1.3, 0.40), (1100, 1.2, 0.25)],
}
KM_14_2006_PRIMARY_ARTERIAL = {"A": 0.20, "B": 0.45, "C": 0.70, "D": 0.85, "E": 1.00}
RECIPES_MKJI_2_2_UD = [(1.3, 0.40), (1.2, 0.25)]  # HV, MC, lower and higher flow, as later papers quote them


def rows_of(manual: Manual, road: str) -> list[EmpRow]:
    return [row for row in EMP if row.manual is manual and row.road == road]


@pytest.mark.parametrize("road", PKJI_2023_TOWN_ROADS)
def test_emp_of_town_roads_is_pkji_2023s(road):
    rows = rows_of(Manual.PKJI_2023, road)
    as_table = [(r.flow_from, r.over_width_m, r.up_to_width_m, r.medium, r.motorcycle) for r in rows]
    assert as_table == PKJI_2023_TOWN_ROADS[road]
    assert all(row.verified and row.light == 1.0 for row in rows)


@pytest.mark.parametrize("approach", PKJI_2023_TABLE_5_2)
def test_emp_at_signals_is_pkji_2023s(approach):
    (row,) = rows_of(Manual.PKJI_2023, approach)
    assert (row.light, row.medium, row.motorcycle) == PKJI_2023_TABLE_5_2[approach]


@pytest.mark.parametrize("roads", RSNI_T_14_2004_TABLE_3)
def test_emp_of_divided_and_one_way_roads_is_that_of_the_printed_rsni_page(roads):
    for road in roads:
        rows = [(r.flow_from, r.medium, r.motorcycle) for r in rows_of(Manual.RSNI_2004, road)]
        assert rows == RSNI_T_14_2004_TABLE_3[roads]


def test_emp_of_mkji_1997_on_an_undivided_road_is_as_quoted():
    rows = rows_of(Manual.MKJI_1997, "2/2-TT")
    assert [(row.medium, row.motorcycle) for row in rows] == RECIPES_MKJI_2_2_UD
    assert not any(row.verified for row in rows)


def test_limits_of_the_levels_of_service_are_those_of_km_14_2006():
    assert dict(LEVEL_OF_SERVICE_UP_TO) == KM_14_2006_PRIMARY_ARTERIAL


def test_base_capacity_is_that_of_pkji_2023_table_4_1():
    found = {(c.road.value, c.per_lane): c.smp_h for c in BASE_CAPACITY if c.manual is Manual.PKJI_2023}
    assert found == {("2/2-TT", False): 2800, ("4/2-T", True): 1700, ("6/2-T", True): 1700}


def test_verified_values_have_a_facsimile_or_two_sources():
    entries: list[Any] = [*EMP, *BASE_CAPACITY]
    for entry in entries:
        sure = len(set(entry.sources)) >= 2 or any(source.facsimile for source in entry.sources)
        assert entry.sources
        assert sure or not entry.verified, entry
    assert len(set(LEVEL_OF_SERVICE_SOURCES)) >= 2


@pytest.mark.parametrize("road", RoadType)
@given(flow=st.floats(0, 20_000), width=st.none() | st.floats(2.5, 40))
def test_every_flow_and_width_has_one_row_of_pkji(road, flow, width):
    row = emp_row(road, flow, width_m=width)
    assert row is not None
    assert row.flow_from <= flow / LANES_IN_FLOW.get(road, 1)


def test_flow_at_the_edge_of_a_row():
    # 4/2-T goes by the flow of one of two lanes: 2100 vehicles/h is 1050 a lane
    for veh_h, motorcycle in ((2099, 0.40), (2100, 0.25)):
        row = emp_row(RoadType.DIVIDED_4, veh_h)
        assert row is not None
        assert row.motorcycle == motorcycle


def test_smp_flow_of_a_counted_quarter_hour():
    counts = {
        RoadUser.MOTORCYCLE: 200,
        RoadUser.CAR: 50,
        RoadUser.BUS: 2,
        RoadUser.TRUCK: 3,
        RoadUser.BICYCLE: 9,
        RoadUser.PERSON: 30,
    }
    flow = smp_flow(counts, 900, RoadType.UNDIVIDED_2, width_m=7)
    assert flow is not None
    assert flow.veh_h == pytest.approx(4 * 255)  # below 1800: SM 0.40, KS 1.3
    assert flow.smp_h == pytest.approx(4 * (200 * 0.40 + 50 + 5 * 1.3))


def test_smp_flow_uses_observed_time():
    whole = smp_flow({RoadUser.CAR: 60}, 3600, RoadType.ONE_WAY_2)
    part = smp_flow({RoadUser.CAR: 15}, 900, RoadType.ONE_WAY_2)
    assert whole is not None
    assert whole == part


def test_no_observed_time_gives_no_flow():
    assert smp_flow({}, 0, RoadType.DIVIDED_4) is None
    empty_road = smp_flow({}, 900, RoadType.DIVIDED_4)
    assert empty_road is not None
    assert empty_road.smp_h == 0


def test_a_manual_without_the_road_gives_no_flow():
    assert smp_flow({RoadUser.CAR: 1}, 60, RoadType.ONE_WAY_4, manual=Manual.MKJI_1997) is None


def test_a_citys_own_table_replaces_the_published_one():
    surveyed = EmpRow(
        manual=Manual.PKJI_2023, road=RoadType.ONE_WAY_2, motorcycle=0.18, medium=1.9, sources=(), verified=True
    )
    flow = smp_flow({RoadUser.MOTORCYCLE: 100}, 3600, RoadType.ONE_WAY_2, rows=[surveyed])
    assert flow is not None
    assert flow.smp_h == pytest.approx(18)


def test_counts_cannot_be_negative():
    with pytest.raises(ValueError, match="negative"):
        smp_flow({RoadUser.CAR: -1}, 60, RoadType.ONE_WAY_2)


def test_side_friction_has_no_emp():
    row = EMP[0]
    assert emp(row, RoadUser.BICYCLE) is None
    assert emp(row, RoadUser.PERSON) is None
    assert emp(row, RoadUser.BUS) == emp(row, RoadUser.TRUCK) == row.medium


def test_degree_of_saturation_needs_a_capacity():
    assert degree_of_saturation(1400, 2800) == 0.5
    assert degree_of_saturation(1400, None) is None
    assert degree_of_saturation(None, 2800) is None
    with pytest.raises(ValueError, match="0 smp/h"):
        degree_of_saturation(1400, 0)


@pytest.mark.parametrize(
    ("saturation", "forced", "level"),
    [
        (0.0, False, "A"),
        (0.20, False, "A"),
        (0.21, False, "B"),
        (0.70, False, "C"),
        (0.85, False, "D"),
        (1.00, False, "E"),
        (1.01, False, "F"),
        (0.30, True, "F"),  # a jam passes few vehicles
        (None, True, "F"),
    ],
)
def test_level_of_service(saturation, forced, level):
    assert level_of_service(saturation, forced=forced) is LevelOfService(level)


def test_level_of_service_is_unknown_without_saturation():
    assert level_of_service(None) is None
