"""Cameras: their current state, and their gate crossings of the last minutes."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from analytics.facts import Direction
from pipelines.query.history_rows import Counts, counts_by_class
from pipelines.store.pool import transaction
from portal.auth.permissions import CurrentUser, VisibleCamera, has_role, scope_of
from portal.auth.route_rules import VISIBLE_CAMERAS
from portal.cameras.detail import camera_detail
from portal.cameras.schemas import CameraDetail, Cameras
from portal.dependencies import LiveDep, ServicesDep
from portal.history.crossing_counts import CrossingCount, blind_minutes, crossing_counts, observed_minutes
from portal.history.schemas import GateTotal, MinuteCounts, RecentCounts, Trend
from portal.history.trend_answers import MAX_AGE_S
from portal.live.camera_state import redact
from portal.schemas import Problem

router = APIRouter(prefix="/api/cameras", tags=["cameras"])

NO_SUCH_CAMERA: dict[int | str, dict[str, Any]] = {404: {"model": Problem}}
"""Documented answer of routes with a camera id."""


@router.get("", dependencies=[VISIBLE_CAMERAS])
def cameras(live: LiveDep, user: CurrentUser) -> Cameras:
    """Every visible camera with its current state, in the order of the configuration.

    Without a session the answer has an ETag, and a proxy may keep it for a second.
    """
    snapshot = live.state_updater.current_snapshot(datetime.now(UTC))
    scope, is_operator = scope_of(user), has_role(user, "operator")
    return Cameras(
        cameras=[
            state if is_operator and entry.is_within(scope) else redact(entry, state)
            for entry, state in snapshot.states
            if entry.is_visible(scope)
        ]
    )


@router.get("/{camera_id}", responses=NO_SUCH_CAMERA)
def camera(entry: VisibleCamera, live: LiveDep, user: CurrentUser) -> CameraDetail:
    """One camera with its current state, and its gates and zones in pixels."""
    detail = camera_detail(entry, live.state_updater.reports, datetime.now(UTC))
    return detail if has_role(user, "operator") and entry.is_within(scope_of(user)) else redact(entry, detail)


@router.get("/{camera_id}/counts", responses=NO_SUCH_CAMERA)
def counts(
    entry: VisibleCamera, services: ServicesDep, minutes: Annotated[int, Query(ge=1, le=180)] = 15
) -> RecentCounts:
    """Gate crossings of the last minutes; the newest minute is not over yet.

    A camera without gates, and a minute that a blind detector found empty, have null in place of counts, not zeros.
    """
    now = datetime.now(UTC)
    newest = now.replace(second=0, microsecond=0)
    starts = [newest - timedelta(minutes=ago) for ago in range(minutes - 1, -1, -1)]
    with transaction(services.pool) as connection:
        crossings = crossing_counts(connection, entry.id, starts[0], now)
        observed = observed_minutes(connection, entry.id, starts[0], now)
        blind = blind_minutes(connection, entry.id, starts[0], now)
    blind_and_empty = blind - {row.minute for row in crossings}
    observed_s = {row.minute: row.observed_s for row in observed}
    return RecentCounts(
        camera_id=entry.id,
        from_at=starts[0],
        to_at=now,
        observed_s=round(sum(observed_s.values()), 1),
        minutes=[
            MinuteCounts(
                start_at=start,
                observed=round(min(1.0, observed_s.get(start, 0) / 60), 3),
                counts=(
                    _counts_in(crossings, start)
                    if entry.gates and start in observed_s and start not in blind_and_empty
                    else None
                ),
            )
            for start in starts
        ],
        totals=_totals(crossings),
    )


@router.get("/{camera_id}/trend", responses=NO_SUCH_CAMERA)
async def trend(entry: VisibleCamera, services: ServicesDep, response: Response) -> Trend:
    """Vehicles an hour of the last hours, beside the median of the same weekday and hour of the last weeks."""
    found = await services.trends.answer(entry)
    keeper = "public" if entry.public else "private"
    response.headers["Cache-Control"] = f"{keeper}, max-age={MAX_AGE_S:.0f}"
    return found


def _counts_in(crossings: list[CrossingCount], start: datetime) -> Counts:
    return counts_by_class((row.road_user, row.n) for row in crossings if row.minute == start)


def _totals(crossings: list[CrossingCount]) -> list[GateTotal]:
    sides: dict[tuple[str, str], list[CrossingCount]] = defaultdict(list)
    for row in crossings:
        sides[row.gate, row.direction].append(row)
    return [
        GateTotal(gate=gate, direction=Direction(way), counts=counts_by_class((row.road_user, row.n) for row in rows))
        for (gate, way), rows in sorted(sides.items())
    ]
