"""How many simulated cameras this machine holds: a short trial of what each costs."""

import time
from collections.abc import Sequence

import av
from av.video.codeccontext import VideoCodecContext

from models.detection.cpu import available_cores
from models.detection.loader import load_detector
from pipelines.config.settings import AnalysisConfig
from simulator.cameras.simulated_camera import SimulatedCamera
from simulator.cameras.video_encoder import FPS, H264Encoder, yuv_frame
from simulator.render.ground import Image
from simulator.world.camera_model import IMAGE_SIZE
from simulator.world.scenario import Light, Scenario
from simulator.world.sites import Site

MIN_CAMERAS, MAX_CAMERAS = 4, 12
USABLE_CPU_SHARE = 0.75
"""Share of the machine that the cameras may use: the database, the pages and a browser want some, too."""

OVERHEAD_FACTOR = 1.25
"""What a camera costs in all over what is measured here: streaming, both pictures, tracking, storing."""

_PROBE_FRAMES, _PROBE_INFERENCES = 40, 12
_BUSY_SCENARIO = Scenario(light=Light.DAY, demand=1.3)


def max_live_cameras(site: Site, weights: str) -> int:
    """By the CPU time of drawing, encoding, decoding and detecting, whatever else the machine does meanwhile."""
    return int(
        max(
            MIN_CAMERAS,
            min(MAX_CAMERAS, USABLE_CPU_SHARE * available_cores() / (OVERHEAD_FACTOR * cpu_per_camera(site, weights))),
        )
    )


def cpu_per_camera(site: Site, weights: str) -> float:
    """CPU seconds a second."""
    with SimulatedCamera(site, 1, _BUSY_SCENARIO) as camera:
        encoder, images, packets = H264Encoder(IMAGE_SIZE), [], []
        began = time.process_time()
        for n in range(_PROBE_FRAMES):
            frame = camera.next_frame()
            packets += [bytes(packet) for packet in encoder.encode(yuv_frame(frame.yuv, n))]
            images.append(frame.image)
        drawing_s = (time.process_time() - began) / _PROBE_FRAMES
    decoder = VideoCodecContext.create("h264", "r")
    decoder.extradata = encoder.parameter_sets
    began = time.process_time()
    for data in packets:
        decoder.decode(av.Packet(data))
    decoding_s = (time.process_time() - began) / _PROBE_FRAMES
    return float((drawing_s + decoding_s) * FPS + _inference_cpu_s(images, weights) * AnalysisConfig().analysis_fps)


def _inference_cpu_s(images: Sequence[Image], weights: str) -> float:
    detector = load_detector(weights)
    try:
        detector.submit(images[0]).result()
        began = time.process_time()
        for image in images[-_PROBE_INFERENCES:]:
            detector.submit(image).result()
        return (time.process_time() - began) / _PROBE_INFERENCES
    finally:
        detector.close()
