"""Pictures that wait for labels."""

from datetime import UTC, datetime
from typing import Any

from analytics.road_users import RoadUser
from pipelines.learning.waiting_pictures import ProposedBox, WaitingPicture

MORNING = datetime(2026, 5, 5, 7, 14, tzinfo=UTC).timestamp()


def waiting_picture(**changes: Any) -> WaitingPicture:
    """Return a picture of 160x90 pixels with a motorcycle and, at the right edge, a car. changes: other values."""
    boxes = (
        ProposedBox(road_user=RoadUser.MOTORCYCLE, confidence=0.3, xyxy=(16, 18, 32, 45)),
        ProposedBox(road_user=RoadUser.CAR, confidence=0.8, xyxy=(128, 36, 160, 72)),
    )
    known: dict[str, Any] = {
        "camera": "kuda",
        "at": MORNING,
        "source": "camera",
        "period": 7,
        "width": 160,
        "height": 90,
        "light": "day",
        "rain": "unknown",
        "network": "tiny",
        "found": {"weak_detections": 2, "class_changes": 1},
        "boxes": boxes,
        "thumbnail": (1, 2, 3),
        "anonymised": 0,
    }
    return WaitingPicture(**{**known, **changes})
