"""Sample images of cameras, videos and folders, for the calibration and the check of an INT8 model."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag

import av
import numpy as np
import structlog
from av.error import FFmpegError
from av.video.frame import VideoFrame

from models.detection.detector import RgbImage
from models.errors import UnusableWeights
from models.export.yolo_dataset import IMAGE_SUFFIXES, read_image, resize_to_width
from pipelines.addresses.address import Address
from pipelines.errors import UserError
from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.condition_text import english
from pipelines.ingest.decoder import Decoder
from pipelines.ingest.displayed_frame import DisplayConverter, NotDisplayable
from pipelines.ingest.source import Source, SourceLost
from pipelines.ingest.stream_conditions import condition_of
from pipelines.ingest.video_track import shown_track

log = structlog.get_logger()

HELD_BACK = 4
"""One in this many images is for the check only, never for the calibration [assumption]."""

PARALLEL_CAMERAS = 8
"""Cameras that are read at once [assumption]."""

FIRST_FRAME_TIMEOUT_S = 15.0
"""Longest wait (s) for a decoded frame of a camera: several keyframe intervals [assumption]."""


@dataclass(slots=True)
class Samples:
    """Sampled images, RGB.

    used: for the calibration. held_back: for the check. sources: of the images, without passwords. missing: sources
    without an image.
    """

    used: list[RgbImage] = field(default_factory=list)
    held_back: list[RgbImage] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def add(self, source: str, images: Sequence[RgbImage]) -> None:
        """Add images in order of time; the last ones are held back, because neighbours are nearly equal."""
        kept = len(images) - len(images) // HELD_BACK
        self.used += images[:kept]
        self.held_back += images[kept:]
        self.sources.append(source)


def sample_images(
    sources: Sequence[str], *, each: int, width: int, over_s: float = 60.0, stall_s: float = 10.0
) -> Samples:
    """Sample up to `each` images, `width` pixels wide, of every source; the choice in files is deterministic.

    sources: folders of images, videos, and addresses of cameras (anything with ://). Folders and videos are sampled in
    even steps. Each image of a camera is a connection of its own, `over_s` seconds from the first to the last. A camera
    without an image is listed in `missing`. stall_s: longest silence of a camera.
    Raises UserError for files that contain no image or video.
    """
    samples = Samples()
    for source in sources:
        if "://" not in source:
            samples.add(source, _of_file(Path(source), each, width))
    cameras = [source for source in sources if "://" in source]
    for url, images in zip(cameras, _of_cameras(cameras, each, width, over_s, stall_s), strict=True):
        if images:
            samples.add(Address.parse(url).masked, images)
        else:
            samples.missing.append(Address.parse(url).masked)
    return samples


def _of_file(path: Path, each: int, width: int) -> list[RgbImage]:
    try:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
            if not found:
                raise UserError(f"{path}: contains no images ({', '.join(IMAGE_SUFFIXES)}); give another folder")
            return [read_image(file, width=width) for file in _evenly(found, each)]
        if path.suffix.lower() in IMAGE_SUFFIXES:
            return [read_image(path, width=width)]
        return list(_of_video(path, each, width))
    except UnusableWeights as error:
        raise UserError(str(error)) from error
    except NotDisplayable as error:
        raise UserError(f"{path}: {error}") from error
    except (FFmpegError, OSError) as error:
        raise UserError(f"{path}: {english(condition_of(error))}") from error


def _evenly(files: Sequence[Path], each: int) -> list[Path]:
    count = min(each, len(files))
    return [files[i * len(files) // count] for i in range(count)]


def _of_video(path: Path, each: int, width: int) -> Iterator[RgbImage]:
    """Seek to each image instead of decoding the whole video, which may be a day long."""
    with av.open(str(path)) as container:
        stream = shown_track(container)
        if stream is None:
            raise UserError(f"{path}: contains no video; give a video, a folder of images or a camera's address")
        display = DisplayConverter(stream)
        stream.thread_type = "AUTO"
        length_s = (container.duration or 0) / av.time_base
        start_s = (container.start_time or 0) / av.time_base
        for number in range(each):
            wanted_s = start_s + length_s * (number + 0.5) / each
            container.seek(round(wanted_s * av.time_base))
            noted = None
            for frame in container.decode(stream):
                noted = display.note(frame)
                if frame.time is None or frame.time >= wanted_s:
                    break
            if noted is None:
                return
            yield resize_to_width(_rgb(display.convert(noted)), width)


def _rgb(frame: VideoFrame) -> RgbImage:
    return np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)


def _of_cameras(urls: Sequence[str], each: int, width: int, over_s: float, stall_s: float) -> list[list[RgbImage]]:
    images: list[list[RgbImage]] = [[] for _ in urls]
    began = time.monotonic()
    with ThreadPoolExecutor(PARALLEL_CAMERAS, thread_name_prefix="sample") as threads:
        for number in range(each if urls else 0):
            time.sleep(max(0.0, began + over_s * number / max(1, each - 1) - time.monotonic()))
            pending = [threads.submit(_one_image, url, width, stall_s) for url in urls]
            for sampled, image in zip(images, (result.result() for result in pending), strict=True):
                if image is not None:
                    sampled.append(image)
    return images


def _one_image(url: str, width: int, stall_s: float) -> RgbImage | None:
    """Return the first frame that can be decoded, a keyframe; None where the camera gives none."""
    until = time.monotonic() + FIRST_FRAME_TIMEOUT_S
    try:
        with Source(url, stop=Flag(), stall_s=stall_s) as source:
            decoder = Decoder(source)
            for packet in source.packets():
                for _, frame in decoder.frames(packet):
                    return resize_to_width(_rgb(decoder.displayed(frame)), width)
                if time.monotonic() > until:
                    waited = CameraCondition.of(
                        Condition.NO_FRAMES, address=source.address, waited_s=FIRST_FRAME_TIMEOUT_S
                    )
                    raise SourceLost(waited)
    except SourceLost as error:
        log.warning("no image of a camera", reason=str(error))
    return None
