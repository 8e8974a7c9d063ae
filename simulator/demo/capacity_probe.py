"""Number of simulated cameras that this machine can run, from the measured CPU time of one."""

import time
from collections.abc import Sequence

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from models.detection.cpu import available_cores
from models.detection.detector import Detector
from models.detection.loader import load_detector
from pipelines.analysis.camera_pipeline import CameraPipeline
from pipelines.analysis.picture_limits import SCALES
from pipelines.config.geometry_file import CameraGeometry
from pipelines.ingest.frame_buffer import TimedFrame
from simulator.cameras.simulated_camera import SimulatedCamera
from simulator.cameras.video_encoder import FPS, H264Encoder, yuv_frame
from simulator.world.camera_model import IMAGE_SIZE, camera_geometry
from simulator.world.scenario import Light, Scenario
from simulator.world.sites import Site
from simulator.world.sumo_network import read_network

MIN_CAMERAS, MAX_CAMERAS = 4, 12
"""Smallest and largest number of live cameras of the demo [assumption]."""

USABLE_CPU_SHARE = 0.9
"""Share of all cores for the cameras, 0..1; the rest is for database, portal and browser [assumption]."""

OVERHEAD_FACTOR = 1.25
"""Factor on the measured CPU time for streaming, sub-stream, live video and storage [assumption]."""

WANTED_LOOKS_PER_S = 4.0
"""Analysed frames a second of each camera while its traffic moves [assumption: the project's target for the demo]."""

_PROBE_FRAMES, _LOOK_EVERY = 60, 3
"""Number of frames that are measured, and of frames from one analysed one to the next [assumption: 4 a second]."""

_BUSY_SCENARIO = Scenario(light=Light.DAY, demand=1.3)
"""Scenario of the probe: dense traffic by day."""


def max_live_cameras(site: Site, weights: str) -> int:
    """Number of cameras by the CPU time of rendering, encoding, decoding, detection and analysis.

    Detection is that of the smallest pictures, which a busy machine falls back to. CPU time is that of this process
    alone, so that other load on the machine does not count.
    """
    cameras = USABLE_CPU_SHARE * available_cores() / (OVERHEAD_FACTOR * cpu_per_camera(site, weights))
    return int(max(MIN_CAMERAS, min(MAX_CAMERAS, cameras)))


def cpu_per_camera(site: Site, weights: str) -> float:
    """CPU time of one camera, seconds per second."""
    with SimulatedCamera(site, 1, _BUSY_SCENARIO) as camera:
        encoder, pictures, packets = H264Encoder(IMAGE_SIZE), [], []
        began = time.process_time()
        for n in range(_PROBE_FRAMES):
            frame = camera.next_frame()
            packets += [bytes(packet) for packet in encoder.encode(yuv_frame(frame.yuv, n))]
            pictures.append(np.asarray(frame.yuv, np.uint8))
        drawing_s = (time.process_time() - began) / _PROBE_FRAMES
    decoder = VideoCodecContext.create("h264", "r")
    decoder.extradata = encoder.parameter_sets
    began = time.process_time()
    for data in packets:
        decoder.decode(av.Packet(data))
    decoding_s = (time.process_time() - began) / _PROBE_FRAMES
    return float((drawing_s + decoding_s) * FPS + _look_cpu_s(site, pictures, weights) * WANTED_LOOKS_PER_S)


def _look_cpu_s(site: Site, pictures: Sequence[NDArray[np.uint8]], weights: str) -> float:
    """CPU seconds of one analysed frame at the smallest input scale. pictures: YUV 4:2:0 of consecutive frames."""
    geometry = CameraGeometry.model_validate(camera_geometry(site, read_network(site)))
    pipeline = CameraPipeline(geometry.camera(site.id, IMAGE_SIZE))
    detector = load_detector(weights)
    try:
        looks = [
            TimedFrame(n / float(FPS), VideoFrame.from_ndarray(pictures[n], format="yuv420p"))
            for n in range(0, len(pictures), _LOOK_EVERY)
        ]
        first, *others = looks
        _look(pipeline, detector, first)
        began = time.process_time()
        for look in others:
            _look(pipeline, detector, look)
        return (time.process_time() - began) / len(others)
    finally:
        detector.close()


def _look(pipeline: CameraPipeline, detector: Detector, frame: TimedFrame) -> None:
    request = pipeline.plan(frame, SCALES[-1])
    pipeline.complete(request, None if request.image is None else detector.submit(request.image).result())
