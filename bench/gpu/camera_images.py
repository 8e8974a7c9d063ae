"""Images as cameras send them: of clips, or of a picture of this repository that is panned."""

from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np

from bench.gpu.gpu_options import GpuOptions
from bench.gpu.part_result import NotPossibleHere
from bench.inputs import ROOT
from models.detection.detector import RgbImage

SIZE = 640, 360
"""(width, height) of the images in pixels [source: pipelines.capacity.clips.SIZE, whose module needs PyAV]."""

PICTURE = ROOT / "docs" / "street-night.webp"
"""Street that is panned where there are no clips. It shows few vehicles, and no real ones."""

PAN_SHARE = 0.75
"""Side of the panned window, as a share of the picture's [assumption]."""

PAN_FRAMES = 64
"""Number of frames of a pan to the right and back [assumption: 5 s at 12.5 frames/s]."""

USED_CLIPS = ("nl_highway", "us_freeway", "vn_junction")
"""Clips of the shared folder with traffic all the time: cars, lorries, motorcycles. Other folders give their first."""

NEEDS_AV = "needs PyAV; install the package av"
"""Reason of parts that decode."""


def has_av() -> bool:
    """Return whether PyAV is installed."""
    return find_spec("av") is not None


def images(options: GpuOptions, count: int) -> list[RgbImage]:
    """Return `count` images, in turn from each clip; they repeat where there are fewer."""
    if options.clips is None or not has_av():
        return list(islice(cycle(panned()), count))
    paths = clip_paths(options.clips, options.extent.clips)
    by_clip = [clip_images(path, -(-count // len(paths))) for path in paths]
    return list(islice(cycle(image for row in zip(*by_clip, strict=True) for image in row), count))


def clip_paths(folder: Path, most: int) -> list[Path]:
    """Return the clips of a folder that are used, at most so many. Raises UserError for a folder without."""
    from pipelines.capacity.clips import videos_in  # noqa: PLC0415 - needs PyAV

    videos = videos_in(folder)
    return ([video for video in videos if video.stem in USED_CLIPS] or videos)[:most]


def clip_images(path: Path, count: int) -> list[RgbImage]:
    """Return images that are spread over the first frames of a clip."""
    from pipelines.recordings.video_reader import VideoReader  # noqa: PLC0415 - needs PyAV

    every = 5  # frames between two images: a fifth of a second
    found: list[RgbImage] = []
    with VideoReader(str(path)) as video:
        for frame in islice(video.frames(), 0, None, every):
            whole = frame.video_frame.to_ndarray(format="rgb24")
            found.append(np.asarray(cv2.resize(whole, SIZE, interpolation=cv2.INTER_AREA), dtype=np.uint8))
            if len(found) == count:
                break
    return list(islice(cycle(found), count))


def panned() -> Iterator[RgbImage]:
    """Yield a window that moves over the picture to the right and back."""
    picture = np.asarray(cv2.imread(str(PICTURE)), dtype=np.uint8)[..., ::-1]
    height, width = picture.shape[:2]
    across, down = round(PAN_SHARE * width), round(PAN_SHARE * height)
    for number in range(PAN_FRAMES):
        share = 1 - abs(2 * number / PAN_FRAMES - 1)
        left = round(share * (width - across))
        window = picture[height - down :, left : left + across]
        yield np.asarray(cv2.resize(window, SIZE, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def clip_folder(options: GpuOptions) -> Path:
    """Return a folder with the used clips alone, as links; without clips, with a video of the pan.

    Raises NotPossibleHere without PyAV.
    """
    if not has_av():
        raise NotPossibleHere(NEEDS_AV)
    folder = options.work / ("synthetic" if options.clips is None else "used_clips")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    if options.clips is None:
        write_pan(folder / "pan.mp4")
    else:
        for path in clip_paths(options.clips, options.extent.clips):
            (folder / path.name).symlink_to(path.resolve())
    return folder


def write_pan(path: Path) -> None:
    """Write the pan as a video."""
    import av  # noqa: PLC0415 - not everywhere

    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=Fraction(25, 2))
        (stream.width, stream.height), stream.pix_fmt = SIZE, "yuv420p"
        for image in panned():
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        output.mux(stream.encode(None))
