"""Collect the frames of a recording or stream that the network is most unsure of, as a running city does."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import PurePath
from threading import Event as Flag

from analytics.camera import Camera
from models.detection.detector import Detector
from pipelines.addresses.address import Address
from pipelines.addresses.plain_words import is_plain
from pipelines.analysis.camera_pipeline import CameraPipeline
from pipelines.config.settings import AnalysisConfig
from pipelines.ingest.frame_buffer import TimedFrame
from pipelines.learning.offers import FrameOffers, OfferedFrame
from pipelines.learning.picture_keeper import KeepingPlan, PictureKeeper
from pipelines.recordings.video_reader import VideoReader

ANALYSIS_FPS = AnalysisConfig().analysis_fps
"""Analysed frames a second: the default of a live camera."""


def camera_name(source: str) -> str:
    """Return a name for the pictures of a source, without credentials, of letters, digits, `-` and `_`.

    >>> camera_name("/videos/Simpang Kuda.mp4"), camera_name("rtsp://admin:s3cret@10.0.0.7/main")
    ('simpang-kuda', '10-0-0-7-main')
    """
    address = Address.parse(source)
    text = f"{address.host}/{_path_name(address)}" if address.scheme else PurePath(source).stem
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-") or "camera"


def _path_name(address: Address) -> str:
    """Return the path of an address, with a short digest of parts that may be a secret."""
    path = re.split(r"[?#]", address.rest, maxsplit=1)[0]
    return "/".join(part if is_plain(part) else sha256(part.encode()).hexdigest()[:4] for part in path.split("/"))


def plan_for(video: VideoReader, pictures: int, over_s: float) -> KeepingPlan:
    """Return a plan that spreads this number of pictures over the recording, or over `over_s` seconds of a stream."""
    if video.is_live:
        return KeepingPlan(over_s / pictures, 0.0)
    length_s = video.expected_frames * video.frame_s if video.expected_frames else over_s
    return KeepingPlan(length_s / pictures, 0.0, source="recording")


def collect_pictures(
    video: VideoReader, keeper: PictureKeeper, detector: Detector, *, over_s: float, stop: Flag
) -> int:
    """Analyse the recording to its end, or `over_s` seconds of a stream; return the number of pictures kept.

    keeper: with the plan of `plan_for`. Raises OSError where a picture cannot be stored.
    """
    kept: set[int] = set()

    def offer(offered: OfferedFrame) -> bool:
        if (period := keeper.keep(offered)) is not None:
            kept.add(period)
        return True

    name = camera_name(video.source)
    offers = FrameOffers(name, keeper.offer_every_s, offer)
    pipeline = CameraPipeline(Camera(id=name, image_size=video.image_size), on_result=offers.observe)
    started = time.time() if video.is_live else 0.0
    for frame in _due_frames(video):
        if stop.is_set() or (video.is_live and frame.at > over_s):
            break
        if frame.image_size != pipeline.image_size:
            pipeline = CameraPipeline(Camera(id=name, image_size=frame.image_size), on_result=offers.observe)
        request = pipeline.plan(replace(frame, at=started + frame.at))
        pipeline.complete(request, None if request.image is None else detector.submit(request.image).result())
    return len(kept)


def _due_frames(video: VideoReader) -> Iterator[TimedFrame]:
    due_at = 0.0
    for frame in video.frames(ANALYSIS_FPS):
        if frame.at >= due_at - video.frame_s / 4:
            due_at = max(due_at + 1 / ANALYSIS_FPS, frame.at)
            yield frame
