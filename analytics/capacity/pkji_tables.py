"""Published Indonesian tables of road capacity practice, each value with its sources and certainty.

The official texts are PKJI 2023 (Pedoman Kapasitas Jalan Indonesia, circular 21/SE/Db/2023 of the Directorate General
of Highways), its predecessor MKJI 1997, the standard RSNI T-14-2004 on the geometry of urban roads, and Ministerial
Regulation KM 14/2006 on the level of service. They circulate as copies that do not all agree. A value is `verified` if
a page of an official text shows it, or if two independent copies agree on it. All others are defaults to be checked
before figures are published. The values are in `pkji_data.toml`, which this module reads from the package.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any


class Manual(StrEnum):
    """Official text that defines a value."""

    PKJI_2023 = "PKJI 2023"
    RSNI_2004 = "RSNI T-14-2004"
    MKJI_1997 = "MKJI 1997"


class RoadType(StrEnum):
    """Road type as lanes/directions, T divided (terbagi) or TT undivided (tak terbagi); MKJI has D and UD.

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


LANES_IN_FLOW: dict[RoadType, int] = {
    RoadType.DIVIDED_4: 2,
    RoadType.DIVIDED_6: 3,
    RoadType.DIVIDED_8: 4,
    RoadType.ONE_WAY_2: 2,
    RoadType.ONE_WAY_3: 3,
    RoadType.ONE_WAY_4: 4,
}
"""Lanes that share a counted flow, where tables use the flow per lane; elsewhere they use the whole flow [PKJI 2023].
"""

BOTH_DIRECTIONS = frozenset({RoadType.UNDIVIDED_2, RoadType.JUNCTION})
"""Road types whose flow and capacity are those of all directions together [PKJI 2023]."""

DIVIDED = frozenset({RoadType.DIVIDED_4, RoadType.DIVIDED_6, RoadType.DIVIDED_8})
"""Road types on which each direction has a carriageway, with a flow and capacity of its own [PKJI 2023]."""

BY_WIDTH = frozenset({RoadType.UNDIVIDED_2})
"""Road types whose equivalents depend on the width of the carriageway [PKJI 2023]."""

AT_JUNCTIONS = frozenset({RoadType.SIGNAL_PROTECTED, RoadType.SIGNAL_OPPOSED, RoadType.JUNCTION})
"""Road types that are graded by delay, not by volume over capacity [KM 14/2006]."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document that shows a value. facsimile: it shows a page of an official text, not an extract."""

    where: str
    facsimile: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EmpRow:
    """Passenger-car equivalents (emp; PKJI 2023 also uses ekr) on one type of road in one range of flow.

    flow_from: vehicles/h from which the row applies, up to that of the next row: of both directions together on
    2/2-TT, per lane on divided and one-way roads, of all approaches at a junction without signals.
    over_width_m, up_to_width_m: of the carriageway. motorcycle: SM. light: MP (KR, LV). medium: KS (KB, HV); in the
    urban tables it is the only heavy class and includes buses and trucks.
    """

    manual: Manual
    road: RoadType
    flow_from: float = 0.0
    over_width_m: float = 0.0
    up_to_width_m: float = math.inf
    motorcycle: float
    light: float = 1.0
    medium: float
    sources: tuple[Source, ...]
    verified: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseCapacity:
    """Base capacity C0 in smp/h, before adjustment for width, split, side friction and town size.

    per_lane: of one lane; otherwise of both directions together. A survey of C starts from it.
    """

    manual: Manual
    road: RoadType
    smp_h: float
    per_lane: bool
    sources: tuple[Source, ...]
    verified: bool
    note: str = ""


def _fields(entry: Mapping[str, Any], sources: Mapping[str, Source]) -> Iterable[dict[str, Any]]:
    """Yield the fields of one row for each road type of a TOML entry."""
    fields = {key: value for key, value in entry.items() if key != "roads"}
    fields |= {"manual": Manual(entry["manual"]), "sources": tuple(sources[name] for name in entry["sources"])}
    return ({**fields, "road": RoadType(road)} for road in entry["roads"])


_DATA: dict[str, Any] = tomllib.loads(
    resources.files(__package__).joinpath("pkji_data.toml").read_text(encoding="utf-8")
)
"""Parsed `pkji_data.toml`."""

SOURCES: dict[str, Source] = {name: Source(**entry) for name, entry in _DATA["sources"].items()}
"""Documents by name [source: each names itself]."""

EMP: tuple[EmpRow, ...] = tuple(EmpRow(**row) for entry in _DATA["emp"] for row in _fields(entry, SOURCES))
"""Passenger-car equivalents, smp per vehicle [source: of each row]."""

BASE_CAPACITY: tuple[BaseCapacity, ...] = tuple(
    BaseCapacity(**row) for entry in _DATA["base_capacity"] for row in _fields(entry, SOURCES)
)
"""Base capacities in smp/h [source: of each row]."""

LEVEL_OF_SERVICE_UP_TO: tuple[tuple[str, float], ...] = tuple(_DATA["level_of_service"]["up_to"].items())
"""Largest volume/capacity ratio of each level on a primary arterial; beyond E, flow is forced: F [KM 14/2006].

Neither PKJI 2023 nor MKJI 1997 defines levels of service. PM 96/2015, which came after KM 14/2006, grades roads by
speed and junctions by delay.
"""

LEVEL_OF_SERVICE_SOURCES = tuple(SOURCES[name] for name in _DATA["level_of_service"]["sources"])
"""Documents that quote KM 14/2006 [source: each names itself]."""
