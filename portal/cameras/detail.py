"""State of a camera together with its gates, its zones and the size of its frame."""

from datetime import datetime

from portal.cameras.catalogue import CatalogueEntry
from portal.cameras.schemas import CameraDetail, GateShape, ZoneDetail
from portal.live.camera_state import Reports, camera_state
from portal.live.queries import HealthRow
from portal.live.schemas import CameraState


def camera_detail(entry: CatalogueEntry, reports: Reports, now: datetime) -> CameraDetail:
    """The state at `now` with the geometry that is drawn on the frame, as operators may read it."""
    state = camera_state(entry, reports, now)
    polygons = {zone.id: zone.polygon for zone in entry.geometry.zones}
    return CameraDetail(
        **{name: getattr(state, name) for name in CameraState.model_fields if name != "zones"},
        zones=tuple(ZoneDetail(**dict(zone), polygon=polygons.get(zone.id, ())) for zone in state.zones),
        gates=tuple(GateShape(id=gate.id, p1=gate.p1, p2=gate.p2) for gate in entry.geometry.gates),
        image_size=entry.geometry.image_size or _frame_size(reports.analysed.get(entry.id)),
    )


def _frame_size(row: HealthRow | None) -> tuple[int, int] | None:
    return (row.width, row.height) if row and row.width and row.height else None
