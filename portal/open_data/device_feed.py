"""Cameras as field devices: WZDx DeviceFeed 4.2.

[source: schemas/4.2/DeviceFeed.json of usdot-jpo-ode/wzdx] The format has no devices without a position; such cameras
are left out.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.config.settings import Config
from pipelines.events.schema import CameraStatus
from portal.live.schemas import CameraState
from portal.open_data.feeds import licence_of, publisher_of
from portal.open_data.schemas import utc_text

VERSION = "4.2"
"""Version of the format."""
_ONLY_LICENCE = "CC0-1.0"
"""The only licence that the format can state. [source: schemas/4.2/FeedInfo.json]"""
_STATUS = {
    CameraStatus.ONLINE: "ok",
    CameraStatus.DEGRADED: "warning",
    CameraStatus.CONNECTING: "error",
    CameraStatus.FROZEN: "error",
    CameraStatus.UNUSABLE: "error",
    CameraStatus.OFFLINE: "error",
}
"""Status of a device by that of the camera: `error` where it delivers nothing of use."""


def device_feed(config: Config, cameras: Iterable[CameraState], now: datetime, update_s: int) -> dict[str, Any]:
    """The feed. update_s: seconds between two versions of it."""
    located = [camera for camera in cameras if camera.position is not None]
    owners = sorted({_owner(config, camera) for camera in located}) or [publisher_of(config)]
    info: dict[str, Any] = {
        "publisher": publisher_of(config),
        "version": VERSION,
        "update_date": utc_text(now),
        "update_frequency": update_s,
        "data_sources": [{"data_source_id": owner, "organization_name": owner} for owner in owners],
    }
    licence = licence_of(config)
    if licence is not None and licence.id == _ONLY_LICENCE:
        info["license"] = licence.url
    if config.open_data.contact_email is not None:
        info["contact_email"] = config.open_data.contact_email
    features = [_feature(config, camera) for camera in located]
    return {"feed_info": info, "type": "FeatureCollection", "features": features}


def _owner(config: Config, camera: CameraState) -> str:
    return camera.owner or publisher_of(config)


def _feature(config: Config, camera: CameraState) -> dict[str, Any]:
    assert camera.position is not None
    details: dict[str, Any] = {
        "device_type": "camera",
        "data_source_id": _owner(config, camera),
        "device_status": _device_status(camera),
        "update_date": utc_text(camera.updated_at),
        "has_automatic_location": False,
        "name": camera.name,
    }
    if camera.site is not None:
        details["description"] = camera.site.name
    if camera.cause is not None:
        details["status_messages"] = [f"cause: {camera.cause.value}"]
    return {
        "id": camera.id,
        "type": "Feature",
        "properties": {"core_details": details, **_image(config, camera)},
        "geometry": {"type": "Point", "coordinates": [camera.position.lon, camera.position.lat]},
    }


def _device_status(camera: CameraState) -> str:
    """Status of the device: `unknown` for a camera out of service, which is not connected to."""
    if camera.out_of_service is not None:
        return "unknown"
    status = _STATUS[camera.status]
    return "warning" if status == "ok" and camera.delayed else status


def _image(config: Config, camera: CameraState) -> dict[str, str]:
    """Address and time of the newest picture; nothing without a picture or a public address of the portal."""
    picture = camera.video and (camera.video.preview or camera.video.still)
    if not picture or config.portal.public_url is None:
        return {}
    try:
        written_at = (config.data_dir / "hls" / camera.id / Path(picture).name).stat().st_mtime
    except OSError:
        return {}
    taken_at = utc_text(datetime.fromtimestamp(written_at, UTC))
    return {"image_url": config.portal.public_url.rstrip("/") + picture, "image_timestamp": taken_at}
