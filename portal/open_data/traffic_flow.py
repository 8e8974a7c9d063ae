"""Flow at gates as NGSI-LD entities of the type TrafficFlowObserved.

[source: smart-data-models/dataModel.Transportation; ETSI GS CIM 009] What was not observed has no attribute: NGSI-LD
has no null. `coverage` is the observed share of the period, 0 to 1.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from analytics.facts import Direction
from pipelines.config.settings import Config
from portal.cameras.catalogue import CatalogueEntry
from portal.open_data.feeds import attribution_of
from portal.open_data.gate_flows import GateFlow
from portal.open_data.schemas import utc_text

MINUTES = 5
"""Length of the period. [assumption]"""
SETTLING = timedelta(minutes=1)
"""Age of a minute at which its data has arrived. [assumption: workers report every 10 s]"""
CONTEXT = (
    "https://raw.githubusercontent.com/smart-data-models/dataModel.Transportation/master/context.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld",
)
"""Definitions of the names. [source: smart-data-models; ETSI GS CIM 009]"""


def period_of(now: datetime) -> tuple[datetime, datetime]:
    """The last whole minutes whose data has arrived."""
    end = (now - SETTLING).replace(second=0, microsecond=0)
    return end - timedelta(minutes=MINUTES), end


def flow_entities(
    config: Config,
    entries: Iterable[CatalogueEntry],
    flows: Mapping[tuple[str, str, str], GateFlow],
    period: tuple[datetime, datetime],
) -> Iterator[dict[str, Any]]:
    """An entity for each direction of each gate, as attributes by name (the simplified representation)."""
    start, end = (utc_text(at) for at in period)
    for entry in entries:
        for gate in entry.gates:
            for direction in Direction:
                place = f"{entry.id}:{quote(gate, safe='')}:{direction.value}"
                yield {
                    "id": f"urn:ngsi-ld:TrafficFlowObserved:simpang:{place}",
                    "type": "TrafficFlowObserved",
                    "name": f"{entry.camera.name}, {gate}, {direction.value}",
                    "dataProvider": attribution_of(config),
                    "dateObserved": f"{start}/{end}",
                    "dateObservedFrom": start,
                    "dateObservedTo": end,
                    **_place(config, entry),
                    **_measures(flows.get((entry.id, gate, direction.value))),
                    "@context": list(CONTEXT),
                }


def normalized(entity: Mapping[str, Any]) -> dict[str, Any]:
    """The entity with a Property or GeoProperty for each attribute, as brokers exchange it."""
    plain = ("id", "type", "@context")
    return {name: value if name in plain else _attribute(name, value) for name, value in entity.items()}


def _attribute(name: str, value: Any) -> dict[str, Any]:
    if name == "location":
        return {"type": "GeoProperty", "value": value}
    if name in ("dateObservedFrom", "dateObservedTo"):
        return {"type": "Property", "value": {"@type": "DateTime", "@value": value}}
    return {"type": "Property", "value": value}


def _place(config: Config, entry: CatalogueEntry) -> dict[str, Any]:
    """Position of the camera; its city for one without a position."""
    if entry.position is None:
        return {"address": {"addressLocality": config.city.name}}
    return {"location": {"type": "Point", "coordinates": [entry.position.lon, entry.position.lat]}}


def _measures(flow: GateFlow | None) -> dict[str, Any]:
    if flow is None:
        return {"coverage": 0.0}
    measures = {"coverage": round(min(1.0, flow.observed_s / (60 * MINUTES)), 3), "intensity": flow.vehicles}
    return measures if flow.speed_kmh is None else {**measures, "averageVehicleSpeed": round(flow.speed_kmh, 1)}
