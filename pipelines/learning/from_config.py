"""Picture keeper of a running city, from its configuration."""

from pipelines.analysis.detector_factory import open_detector
from pipelines.config.settings import Config
from pipelines.learning.daylight import light_at
from pipelines.learning.picture_keeper import SECOND_CONFIDENCE, KeepingPlan, PictureKeeper
from pipelines.learning.waiting_pictures import WaitingPictures

DAY_S = 86400.0
"""Length of a day, in seconds. [source: definition]"""

BYTES_PER_MB = 1_000_000
"""Bytes in a megabyte. [source: SI]"""

UNKNOWN_RAIN = "unknown"
"""Column `rain` of pictures of a camera: nothing measures it. Correct it in pictures.csv. [assumption]"""


def open_picture_keeper(config: Config) -> PictureKeeper | None:
    """Return the keeper of a city; None where the configuration does not permit pictures."""
    collect = config.collect
    if not collect.enabled:
        return None
    places = {site.id: site.position for site in config.sites}
    position = {
        camera.id: camera.position or places.get(camera.site or "") or config.city.centre for camera in config.cameras
    }
    return PictureKeeper(
        WaitingPictures(config.collect_folder, max_age_days=collect.keep_days, max_bytes=collect.max_mb * BYTES_PER_MB),
        KeepingPlan(DAY_S / collect.pictures_per_day, collect.min_interval_s),
        lambda: open_detector(
            config.weights,
            device=config.analysis.device,
            confidence=SECOND_CONFIDENCE,
            simulated=config.city.simulated,
        ),
        lambda camera, t: (light_at(t, position.get(camera, config.city.centre)), UNKNOWN_RAIN),
    )
