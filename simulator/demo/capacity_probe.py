"""Number of simulated cameras that this machine can run, from the measured CPU time of one."""

import time
from collections.abc import Sequence

import av
from av.video.codeccontext import VideoCodecContext

from models.detection.cpu import usable_cores
from models.detection.loader import load_detector
from pipelines.config.settings import AnalysisConfig
from simulator.cameras.live_camera import LIVE_FPS, STEPS_PER_FRAME
from simulator.cameras.simulated_camera import SimulatedCamera
from simulator.cameras.video_encoder import H264Encoder, yuv_frame
from simulator.render.ground import Image
from simulator.world.camera_model import IMAGE_SIZE
from simulator.world.scenario import Light, Scenario
from simulator.world.sites import Site

MIN_CAMERAS, MAX_CAMERAS = 4, 12
"""Smallest and largest number of live cameras of the demo [assumption]."""

USABLE_CPU_SHARE = 0.75
"""Share of all cores for the cameras, 0..1; the rest is for database, portal and browser [assumption]."""

OVERHEAD_FACTOR = 1.25
"""Factor on the measured CPU time for streaming, sub-stream, tracking and storage [assumption]."""

_PROBE_FRAMES, _PROBE_INFERENCES = 40, 12
"""Number of frames and of inferences that are measured [assumption: about 2 s in all]."""

_BUSY_SCENARIO = Scenario(light=Light.DAY, demand=1.3)
"""Scenario of the probe: dense traffic by day."""


def max_live_cameras(site: Site, weights: str) -> int:
    """Number of cameras by the CPU time of rendering, encoding, decoding and detection.

    CPU time is that of this process alone, so that other load on the machine does not count.
    """
    return int(
        max(
            MIN_CAMERAS,
            min(MAX_CAMERAS, USABLE_CPU_SHARE * usable_cores() / (OVERHEAD_FACTOR * cpu_per_camera(site, weights))),
        )
    )


def cpu_per_camera(site: Site, weights: str) -> float:
    """CPU time of one camera, seconds per second."""
    with SimulatedCamera(site, 1, _BUSY_SCENARIO, steps_per_frame=STEPS_PER_FRAME) as camera:
        encoder, images, packets = H264Encoder(IMAGE_SIZE, LIVE_FPS), [], []
        began = time.process_time()
        for n in range(_PROBE_FRAMES):
            frame = camera.next_frame()
            packets += [bytes(packet) for packet in encoder.encode(yuv_frame(frame.yuv, n, LIVE_FPS))]
            images.append(frame.image)
        drawing_s = (time.process_time() - began) / _PROBE_FRAMES
    decoder = VideoCodecContext.create("h264", "r")
    decoder.extradata = encoder.parameter_sets
    began = time.process_time()
    for data in packets:
        decoder.decode(av.Packet(data))
    decoding_s = (time.process_time() - began) / _PROBE_FRAMES
    inference_s = _inference_cpu_s(images, weights)
    return float((drawing_s + decoding_s) * LIVE_FPS + inference_s * AnalysisConfig().analysis_fps)


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
