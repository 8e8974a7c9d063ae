"""Current state and badge (worst level) of every camera, with the times after which it reads offline or unknown.

A camera that is down reads *no data*, never *no traffic*. If a camera, a worker or the database stops reporting, its
state becomes `offline` and `unknown` with time alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from analytics.facts import LEVEL_ORDER, Level, Sight
from analytics.uptime.minute_gap import TOGETHER_S, GapCause
from pipelines.events.condition_cause import CAUSE_OF, VANISHED
from pipelines.events.condition_status import OVERLOADS
from pipelines.events.schema import CameraStatus
from portal.cameras.catalogue import CatalogueEntry
from portal.live.queries import HealthRow, LevelRow, ZoneKey
from portal.live.schemas import CameraState, Load, Site, Video, ZoneState

HEALTH_LIFETIME = timedelta(seconds=30)
"""Age of a health report after which the camera is offline. [assumption]"""
LEVEL_LIFETIME = timedelta(seconds=150)
"""Age of a level after which it is unknown: workers repeat it each minute, so two were missed. [assumption]"""
DELAYED_AFTER = timedelta(seconds=20)
"""Age of the newest analysed frame from which a connected camera is delayed: several reports of 5 s. [assumption]"""

SEVERITY = (Level.UNKNOWN, *LEVEL_ORDER)
"""Levels from the least severe to the most; a level without data is below all others."""
_ANALYSED = (CameraStatus.ONLINE, CameraStatus.DEGRADED)
"""Statuses of a camera whose frames are analysed: only these have a level."""
_HAS_VIDEO = (*_ANALYSED, CameraStatus.FROZEN, CameraStatus.UNUSABLE)
"""Statuses of a camera that sends video, if only for people."""


def worst(levels: Iterable[Level]) -> Level:
    """The most severe known level; unknown without any.

    >>> worst([Level.FREE, Level.UNKNOWN]), worst([])
    (<Level.FREE: 'free'>, <Level.UNKNOWN: 'unknown'>)
    """
    return max(levels, key=SEVERITY.index, default=Level.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Reports:
    """The newest reports of all cameras. Immutable, so that any thread may read it.

    health: newest report by camera id. analysed: newest report that came with an analysed frame, by camera id.
    levels: newest level by camera and zone. since: when that level began. flows: vehicles an hour by camera id.
    """

    health: Mapping[str, HealthRow] = field(default_factory=dict)
    analysed: Mapping[str, HealthRow] = field(default_factory=dict)
    levels: Mapping[ZoneKey, LevelRow] = field(default_factory=dict)
    since: Mapping[ZoneKey, datetime] = field(default_factory=dict)
    flows: Mapping[str, float] = field(default_factory=dict)

    def with_newer(
        self, health: Iterable[HealthRow], analysed: Iterable[HealthRow], levels: Sequence[LevelRow]
    ) -> "Reports":
        """A copy in which newer reports replace older ones."""
        began = {(row.camera_id, row.zone): row.at for row in levels if self._begins(row)}
        return replace(
            self,
            health={**self.health, **{row.camera_id: row for row in health}},
            analysed={**self.analysed, **{row.camera_id: row for row in analysed}},
            levels={**self.levels, **{(row.camera_id, row.zone): row for row in levels}},
            since={**self.since, **began},
        )

    def _begins(self, row: LevelRow) -> bool:
        """Whether the level began with this report: it is a change, or the first report of this level."""
        known = self.levels.get((row.camera_id, row.zone))
        return row.level is not row.previous or known is None or known.level is not row.level


def camera_state(entry: CatalogueEntry, reports: Reports, now: datetime) -> CameraState:
    """State of a camera at `now`, as operators may read it; for other users see `redact`."""
    out_of_service = entry.camera.out_of_service
    newest = None if out_of_service else reports.health.get(entry.id)
    status = _status(newest, now)
    explained = newest if newest and status is newest.status else None
    zones = tuple(_zone_state(entry.id, zone, reports, status, now) for zone in entry.zones)
    analysed = reports.analysed.get(entry.id)
    site = entry.site
    return CameraState(
        id=entry.id,
        name=entry.camera.name,
        site=Site(id=site.id, name=site.name, position=site.position) if site else None,
        owner=entry.camera.owner,
        visibility=entry.camera.visibility,
        position=entry.position,
        level=worst(zone.level for zone in zones),
        sight=_worst_sight(zones),
        status=status,
        cause=_cause(entry, reports, status, explained),
        delayed=status in _ANALYSED and analysed is not None and now - analysed.frame_at > DELAYED_AFTER,
        flow_veh_h=reports.flows.get(entry.id) if status in _ANALYSED else None,
        condition=explained.condition if explained else None,
        details=explained.details if explained else None,
        reason=explained.reason or None if explained else None,
        out_of_service=out_of_service,
        load=_load(newest) if newest and status in _ANALYSED else None,
        zones=zones,
        last_analysed_at=analysed.frame_at if analysed else None,
        updated_at=now,
        video=_video(entry) if status in _HAS_VIDEO else None,
    )


def _video(entry: CatalogueEntry) -> Video:
    def address(picture: Path | None) -> str | None:
        return f"/live/{entry.id}/{picture.name}" if picture is not None and picture.exists() else None

    still = address(entry.still)
    return Video(
        hls=f"/live/{entry.id}/index.m3u8",
        still=still,
        preview=address(entry.preview),
        small=f"/live/{entry.id}.small/index.m3u8" if entry.has_small_video and still is None else None,
    )


def _cause(
    entry: CatalogueEntry, reports: Reports, status: CameraStatus, explained: HealthRow | None
) -> GapCause | None:
    """What keeps the camera from being observed. explained: the report that states its status; None for no report."""
    if entry.camera.out_of_service:
        return GapCause.MAINTENANCE
    if explained is None:
        return GapCause.WORKER if status is CameraStatus.OFFLINE else None
    if explained.condition in VANISHED and _site_vanished(entry, reports):
        return GapCause.SITE_POWER
    return CAUSE_OF[explained.condition] if explained.condition else None


def _site_vanished(entry: CatalogueEntry, reports: Reports) -> bool:
    """Whether all cameras of the site, two or more, are gone and sent their last frames together."""
    newest = [reports.health.get(camera_id) for camera_id in entry.at_site]
    if len(newest) < 2 or not all(row is not None and row.condition in VANISHED for row in newest):
        return False
    last = [row.at for row in (reports.analysed.get(camera_id) for camera_id in entry.at_site) if row is not None]
    return len(last) == len(newest) and max(last) - min(last) <= timedelta(seconds=TOGETHER_S)


State = TypeVar("State", bound=CameraState)
"""A camera state, or a subclass with more fields."""


def redact(entry: CatalogueEntry, state: State) -> State:
    """A copy without what only operators may read: it may name addresses inside the city's network."""
    video = state.video
    if video is not None and entry.camera.public_picture is not None:
        video = video.model_copy(update={"only_pictures": True, "still": None, "small": None})
    return state.model_copy(update={"condition": None, "details": None, "reason": None, "load": None, "video": video})


def _status(newest: HealthRow | None, now: datetime) -> CameraStatus:
    if newest is None or now - newest.at > HEALTH_LIFETIME:
        return CameraStatus.OFFLINE
    return newest.status


def _load(newest: HealthRow) -> Load | None:
    """None for a report of an older worker, which lacks these figures."""
    if newest.wanted_fps is None or newest.analysed_fps is None or newest.held_fps is None:
        return None
    return Load(
        wanted_fps=newest.wanted_fps,
        analysed_fps=newest.analysed_fps,
        held_fps=newest.held_fps,
        reached=newest.reached,
        picture_scale=newest.picture_scale,
        overloaded=newest.condition in OVERLOADS,
        age_p95_s=newest.age_p95_s,
    )


def _zone_state(camera_id: str, zone: str, reports: Reports, status: CameraStatus, now: datetime) -> ZoneState:
    row = reports.levels.get((camera_id, zone))
    if row is None or status not in _ANALYSED or now - row.at > LEVEL_LIFETIME:
        return ZoneState(id=zone, level=Level.UNKNOWN, speed_kmh=None, since_at=None)
    if row.level is Level.UNKNOWN:
        return ZoneState(id=zone, level=Level.UNKNOWN, speed_kmh=None, since_at=None, sight=row.sight)
    since_at = reports.since.get((camera_id, zone))
    return ZoneState(id=zone, level=row.level, speed_kmh=row.speed_kmh, since_at=since_at, sight=row.sight)


def _worst_sight(zones: Iterable[ZoneState]) -> Sight | None:
    """The worst sight of the zones; None where that of none is known."""
    order = list(Sight)
    return max((zone.sight for zone in zones if zone.sight is not None), key=order.index, default=None)
