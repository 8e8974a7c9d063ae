"""A few pictures of each camera, video or folder, to calibrate a network on and to judge it by."""

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
from pipelines.errors import UserError
from pipelines.events.condition import CameraCondition, Condition
from pipelines.events.condition_text import english
from pipelines.ingest.decoder import Decoder
from pipelines.ingest.source import Source, SourceLost, condition_of, public_address

log = structlog.get_logger()

HELD_BACK = 4
"""One in so many pictures judges the network and never shapes it."""

AT_A_TIME = 8
FIRST_PICTURE_WITHIN_S = 15.0


@dataclass(slots=True)
class Samples:
    """used, held_back: pictures to calibrate on, and those to judge by. sources: what they are of, without passwords.

    missing: sources that gave no picture, with the reason.
    """

    used: list[RgbImage] = field(default_factory=list)
    held_back: list[RgbImage] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def add(self, source: str, pictures: Sequence[RgbImage]) -> None:
        """Pictures in the order of time: the last are held back, for neighbours are nearly the same picture."""
        kept = len(pictures) - len(pictures) // HELD_BACK
        self.used += pictures[:kept]
        self.held_back += pictures[kept:]
        self.sources.append(source)


def sample_pictures(
    sources: Sequence[str], *, each: int, width: int, over_s: float = 60.0, stall_s: float = 10.0
) -> Samples:
    """Up to `each` pictures, `width` pixels wide, of every source, the same ones every time.

    sources: folders of pictures, videos, and addresses of cameras (anything with ://). Folders and videos are gone
    through in even steps. Cameras are asked for one picture at a time, `over_s` seconds from the first to the last; in
    between nothing is asked of them. A camera that gives none is left out and named.
    Raises UserError for files that are no pictures or video.
    """
    samples = Samples()
    for source in sources:
        if "://" not in source:
            samples.add(source, _of_file(Path(source), each, width))
    cameras = [source for source in sources if "://" in source]
    for url, pictures in zip(cameras, _of_cameras(cameras, each, width, over_s, stall_s), strict=True):
        if pictures:
            samples.add(public_address(url), pictures)
        else:
            samples.missing.append(public_address(url))
    return samples


def _of_file(path: Path, each: int, width: int) -> list[RgbImage]:
    try:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
            if not found:
                raise UserError(f"{path}: holds no pictures ({', '.join(IMAGE_SUFFIXES)}); give another folder")
            return [read_image(file, width=width) for file in _evenly(found, each)]
        if path.suffix.lower() in IMAGE_SUFFIXES:
            return [read_image(path, width=width)]
        return list(_of_video(path, each, width))
    except UnusableWeights as error:
        raise UserError(str(error)) from error
    except (FFmpegError, OSError) as error:
        raise UserError(f"{path}: {english(condition_of(error))}") from error


def _evenly(files: Sequence[Path], each: int) -> list[Path]:
    count = min(each, len(files))
    return [files[i * len(files) // count] for i in range(count)]


def _of_video(path: Path, each: int, width: int) -> Iterator[RgbImage]:
    """Sought, not read through: videos of a whole day are fine."""
    with av.open(str(path)) as container:
        if not container.streams.video:
            raise UserError(f"{path}: carries no video; give a video, a folder of pictures or a camera's address")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        length_s = (container.duration or 0) / av.time_base
        start_s = (container.start_time or 0) / av.time_base
        for number in range(each):
            wanted_s = start_s + length_s * (number + 0.5) / each
            container.seek(round(wanted_s * av.time_base))
            frame = None
            for frame in container.decode(stream):
                if frame.time is None or frame.time >= wanted_s:
                    break
            if frame is None:
                return
            yield resize_to_width(_rgb(frame), width)


def _rgb(frame: VideoFrame) -> RgbImage:
    return np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)


def _of_cameras(urls: Sequence[str], each: int, width: int, over_s: float, stall_s: float) -> list[list[RgbImage]]:
    pictures: list[list[RgbImage]] = [[] for _ in urls]
    began = time.monotonic()
    with ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="sample") as threads:
        for number in range(each if urls else 0):
            time.sleep(max(0.0, began + over_s * number / max(1, each - 1) - time.monotonic()))
            asked = [threads.submit(_one_picture, url, width, stall_s) for url in urls]
            for gathered, picture in zip(pictures, (answer.result() for answer in asked), strict=True):
                if picture is not None:
                    gathered.append(picture)
    return pictures


def _one_picture(url: str, width: int, stall_s: float) -> RgbImage | None:
    """The first that can be decoded, which is a keyframe."""
    until = time.monotonic() + FIRST_PICTURE_WITHIN_S
    try:
        with Source(url, stop=Flag(), stall_s=stall_s) as source:
            decoder = Decoder(source)
            for packet in source.packets():
                for _, frame in decoder.frames(packet):
                    return resize_to_width(_rgb(frame), width)
                if time.monotonic() > until:
                    waited = CameraCondition.of(
                        Condition.NO_FRAMES, address=source.address, waited_s=FIRST_PICTURE_WITHIN_S
                    )
                    raise SourceLost(waited)
    except SourceLost as error:
        log.warning("a camera gave no picture", reason=str(error))
    return None
