"""Published Indonesian tables of road capacity practice: every value with where it was read and how sure that is.

The official texts are PKJI 2023 (Pedoman Kapasitas Jalan Indonesia, circular 21/SE/Db/2023 of the Directorate General
of Highways), its forerunner MKJI 1997, the standard RSNI T-14-2004 on the geometry of town roads, and Ministerial
Regulation KM 14/2006 for the level of service. They circulate as copies that do not all agree. A value is `verified`
where a page of an official text shows it, or where two copies made independently of each other agree on it; anything
else is a default to be checked before figures are published.
"""

import math
from dataclasses import dataclass
from enum import StrEnum


class Manual(StrEnum):
    PKJI_2023 = "PKJI 2023"
    RSNI_2004 = "RSNI T-14-2004"
    MKJI_1997 = "MKJI 1997"


class RoadType(StrEnum):
    """Lanes / directions, T divided (terbagi) or TT undivided (tak terbagi); MKJI wrote D and UD.

    APILL: an approach to a signal-controlled junction, whose right turns are protected (terlindung) from the
    oncoming flow or opposed (terlawan) by it. Simpang: a junction without signals, all approaches together.
    """

    UNDIVIDED_2 = "2/2-TT"
    DIVIDED_4 = "4/2-T"
    DIVIDED_6 = "6/2-T"
    DIVIDED_8 = "8/2-T"
    ONE_WAY_2 = "2/1"
    ONE_WAY_3 = "3/1"
    ONE_WAY_4 = "4/1"
    SIGNAL_PROTECTED = "APILL terlindung"
    SIGNAL_OPPOSED = "APILL terlawan"
    JUNCTION = "simpang"


LANES_IN_FLOW = {
    RoadType.DIVIDED_4: 2,
    RoadType.DIVIDED_6: 3,
    RoadType.DIVIDED_8: 4,
    RoadType.ONE_WAY_2: 2,
    RoadType.ONE_WAY_3: 3,
    RoadType.ONE_WAY_4: 4,
}
"""Lanes that share a counted flow, where the tables go by the flow of a lane. Elsewhere they go by the whole flow."""


BOTH_DIRECTIONS = frozenset({RoadType.UNDIVIDED_2, RoadType.JUNCTION})
"""Where flow and capacity are those of all directions together."""

BY_WIDTH = frozenset({RoadType.UNDIVIDED_2})
"""Where the weights depend on the width of the carriageway."""

AT_JUNCTIONS = frozenset({RoadType.SIGNAL_PROTECTED, RoadType.SIGNAL_OPPOSED, RoadType.JUNCTION})
"""KM 14/2006 grades these by delay, not by volume over capacity."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A position where a table can be read. facsimile: it shows a page of an official text, not someone's extract."""

    where: str
    facsimile: bool = False


RSNI_PAGE = Copy("RSNI T-14-2004, table 3 (scribd.com/document/403958415)", facsimile=True)
CAPACITY_APP = Copy("github.com/prayogaff56-ctrl/Analisis-Kinerja-Ruas-Jalan-Perkotaan-PKJI2023, app.py, 2026")
AI_COUNTER = Copy("github.com/mufidhadi/javis_aicounter_release_2024, hitung_smp.js, in PKJI 2023's vocabulary")
SIGNAL_NOTES = Copy("reading notes on PKJI 2023 chapter 5, table 5-2, in a public study of Jakarta's signals, 2026")
IMPACT_APP = Copy("a traffic impact (andalalin) calculator in Rust, public code, after PKJI 2023")
USU_THESIS = Copy("thesis, Universitas Sumatera Utara, table 2.1 (text-id.123dok.com/document/dzxj05oyr)")
DIRJEN_1996 = Copy("Kep. Dirjen Hubdat 273/HK.105/DRJD/96, after the notes of the study of Jakarta's signals")
JEMBER = Copy("Putri et al., Universitas Jember (123dok.com/document/qmjx80v5): 1.3 and 0.40 on 2/2 UD")
DENPASAR = Copy("Juniarta et al., Universitas Udayana (scribd.com/document/353561198): 1.2 and 0.25 on 2/2 UD")
KM_14_ARTICLE = Copy("article quoting KM 14/2006, tables 1-4 (text-id.123dok.com/document/lzgxv728q)")
KM_14_PAPERS = Copy("KM 14/2006 as listed in papers on arterial performance")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmpRow:
    """Passenger-car equivalents (emp; PKJI 2023 also says ekr) on one type of road in one range of flow.

    flow_from: vehicles/h from which the row applies, up to the next row's: of both directions together on 2/2-TT,
    of a lane on divided and one-way roads, of all approaches at a junction without signals.
    over_width_m, up_to_width_m: of the carriageway. motorcycle: SM. light: MP (KR, LV). medium: KS (KB, HV); in the
    tables for towns it is the only heavy class and takes in buses and trucks.
    """

    manual: Manual
    road: RoadType
    flow_from: float = 0.0
    over_width_m: float = 0.0
    up_to_width_m: float = math.inf
    motorcycle: float
    light: float = 1.0
    medium: float
    copies: tuple[Copy, ...]
    verified: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseCapacity:
    """C0 in smp/h before any adjustment for width, split, side friction and town size: where a survey of C begins.

    per_lane: of one lane; otherwise of both directions together.
    """

    manual: Manual
    road: RoadType
    smp_h: float
    per_lane: bool
    copies: tuple[Copy, ...]
    verified: bool
    note: str = ""


def _pkji(road: RoadType, busy_from: float, copies: tuple[Copy, ...], *, verified: bool) -> tuple[EmpRow, ...]:
    """The two rows that all divided and one-way roads in towns share, apart from where the second begins."""
    return (
        EmpRow(manual=Manual.PKJI_2023, road=road, motorcycle=0.40, medium=1.3, copies=copies, verified=verified),
        EmpRow(
            manual=Manual.PKJI_2023,
            road=road,
            flow_from=busy_from,
            motorcycle=0.25,
            medium=1.2,
            copies=copies,
            verified=verified,
        ),
    )


_TWO_COPIES = (CAPACITY_APP, AI_COUNTER)
_SIGNALS = (SIGNAL_NOTES, AI_COUNTER)

EMP: tuple[EmpRow, ...] = (
    EmpRow(
        manual=Manual.PKJI_2023,
        road=RoadType.UNDIVIDED_2,
        up_to_width_m=6.0,
        motorcycle=0.50,
        medium=1.3,
        copies=_TWO_COPIES,
        verified=True,
        note="The copies differ on a width of exactly 6 m.",
    ),
    EmpRow(
        manual=Manual.PKJI_2023,
        road=RoadType.UNDIVIDED_2,
        over_width_m=6.0,
        motorcycle=0.40,
        medium=1.3,
        copies=_TWO_COPIES,
        verified=True,
    ),
    EmpRow(
        manual=Manual.PKJI_2023,
        road=RoadType.UNDIVIDED_2,
        flow_from=1800,
        up_to_width_m=6.0,
        motorcycle=0.35,
        medium=1.2,
        copies=_TWO_COPIES,
        verified=True,
        note="The copies differ on a width of exactly 6 m.",
    ),
    EmpRow(
        manual=Manual.PKJI_2023,
        road=RoadType.UNDIVIDED_2,
        flow_from=1800,
        over_width_m=6.0,
        motorcycle=0.25,
        medium=1.2,
        copies=_TWO_COPIES,
        verified=True,
    ),
    *_pkji(RoadType.DIVIDED_4, 1050, _TWO_COPIES, verified=True),
    *_pkji(RoadType.DIVIDED_6, 1100, _TWO_COPIES, verified=True),
    *_pkji(RoadType.DIVIDED_8, 1100, (AI_COUNTER,), verified=False),
    *_pkji(RoadType.ONE_WAY_2, 1050, (AI_COUNTER,), verified=False),
    *_pkji(RoadType.ONE_WAY_3, 1100, (AI_COUNTER,), verified=False),
    *_pkji(RoadType.ONE_WAY_4, 1100, (AI_COUNTER,), verified=False),
    EmpRow(
        manual=Manual.PKJI_2023,
        road=RoadType.SIGNAL_PROTECTED,
        motorcycle=0.15,
        medium=1.3,
        copies=_SIGNALS,
        verified=True,
    ),
    EmpRow(
        manual=Manual.PKJI_2023,
        road=RoadType.SIGNAL_OPPOSED,
        motorcycle=0.40,
        medium=1.3,
        copies=_SIGNALS,
        verified=True,
    ),
    EmpRow(
        manual=Manual.PKJI_2023,
        road=RoadType.JUNCTION,
        motorcycle=0.5,
        medium=1.3,
        copies=(AI_COUNTER,),
        verified=False,
    ),
    EmpRow(
        manual=Manual.PKJI_2023,
        road=RoadType.JUNCTION,
        flow_from=1000,
        motorcycle=0.2,
        medium=1.8,
        copies=(AI_COUNTER,),
        verified=False,
    ),
    EmpRow(
        manual=Manual.MKJI_1997,
        road=RoadType.UNDIVIDED_2,
        over_width_m=6.0,
        motorcycle=0.40,
        medium=1.3,
        copies=(JEMBER,),
        verified=False,
        note="Quoted for one street; where the row ends was not found, so PKJI's 1800 vehicles/h is taken.",
    ),
    EmpRow(
        manual=Manual.MKJI_1997,
        road=RoadType.UNDIVIDED_2,
        flow_from=1800,
        over_width_m=6.0,
        motorcycle=0.25,
        medium=1.2,
        copies=(DENPASAR,),
        verified=False,
        note="Quoted for one street; where the row begins was not found, so PKJI's 1800 vehicles/h is taken.",
    ),
    *(
        EmpRow(
            manual=Manual.RSNI_2004,
            road=road,
            flow_from=flow_from,
            motorcycle=motorcycle,
            medium=medium,
            copies=(RSNI_PAGE,),
            verified=True,
            note=note,
        )
        for road, busy_from, note in (
            (RoadType.ONE_WAY_2, 1050, ""),
            (RoadType.DIVIDED_4, 1050, ""),
            (
                RoadType.ONE_WAY_3,
                1100,
                "Universitas Jember quotes MKJI 1997 with 1.3 and 0.25 on a 3/1 street: neither row of this page.",
            ),
            (RoadType.DIVIDED_6, 1100, "The page prints '> 1.000' beside '0 s.d. 1.100': a misprint."),
        )
        for flow_from, motorcycle, medium in ((0.0, 0.40, 1.3), (busy_from, 0.25, 1.2))
    ),
    EmpRow(
        manual=Manual.MKJI_1997,
        road=RoadType.SIGNAL_PROTECTED,
        motorcycle=0.2,
        medium=1.3,
        copies=(USU_THESIS, DIRJEN_1996),
        verified=True,
    ),
    EmpRow(
        manual=Manual.MKJI_1997,
        road=RoadType.SIGNAL_OPPOSED,
        motorcycle=0.4,
        medium=1.3,
        copies=(USU_THESIS, DIRJEN_1996),
        verified=True,
    ),
)

BASE_CAPACITY: tuple[BaseCapacity, ...] = (
    BaseCapacity(
        manual=Manual.PKJI_2023,
        road=RoadType.UNDIVIDED_2,
        smp_h=2800,
        per_lane=False,
        copies=(CAPACITY_APP, IMPACT_APP),
        verified=True,
        note="Other copies give 2900 as PKJI's; that is MKJI's.",
    ),
    *(
        BaseCapacity(
            manual=Manual.PKJI_2023,
            road=road,
            smp_h=1700,
            per_lane=True,
            copies=(CAPACITY_APP, IMPACT_APP),
            verified=True,
            note="Other copies give 1650 as PKJI's; that is MKJI's.",
        )
        for road in (RoadType.DIVIDED_4, RoadType.DIVIDED_6)
    ),
)

LEVEL_OF_SERVICE_UP_TO: tuple[tuple[str, float], ...] = (
    ("A", 0.20),
    ("B", 0.45),
    ("C", 0.70),
    ("D", 0.85),
    ("E", 1.00),
)
"""Largest volume/capacity of each level on a primary arterial, KM 14/2006; beyond E, flow is forced: F.

Neither PKJI 2023 nor MKJI 1997 defines levels of service. PM 96/2015, which came after KM 14/2006, goes by speed on
roads and by delay at junctions.
"""
LEVEL_OF_SERVICE_COPIES = (KM_14_ARTICLE, KM_14_PAPERS)
