"""How many simulated cameras this machine holds: a short trial of what each costs."""

import time
from collections.abc import Sequence

import av
from av.video.codeccontext import VideoCodecContext

from models.detection.cpu import available_cores
from models.detection.loader import load_detector
from pipelines.config.settings import AnalysisConfig
from simulator.cameras.simulated_camera import SimulatedCamera
from simulator.cameras.video_encoder import FPS, Encoder, yuv_frame
from simulator.render.ground import Image
from simulator.world.camera_model import IMAGE_SIZE
from simulator.world.scenario import Light, Script
from simulator.world.sites import Point

FEWEST, MOST = 4, 12
USED = 0.75
"""Share of the machine that the cameras may use: the database, the pages and a browser want some, too."""

AROUND = 1.25
"""What a camera costs in all over what is measured here: streaming, both pictures, tracking, storing."""

_FRAMES, _LOOKS = 40, 12
_BUSY = Script(light=Light.DAY, demand=1.3)


def cameras_held(point: Point, weights: str) -> int:
    """By the CPU time of drawing, encoding, decoding and detecting, whatever else the machine does meanwhile."""
    return int(max(FEWEST, min(MOST, USED * available_cores() / (AROUND * cost_of_a_camera(point, weights)))))


def cost_of_a_camera(point: Point, weights: str) -> float:
    """CPU seconds a second."""
    with SimulatedCamera(point, 1, _BUSY) as camera:
        encoder, pictures, packets = Encoder(IMAGE_SIZE), [], []
        began = time.process_time()
        for n in range(_FRAMES):
            frame = camera.frame()
            packets += [bytes(packet) for packet in encoder.encode(yuv_frame(frame.yuv, n))]
            pictures.append(frame.picture)
        drawing_s = (time.process_time() - began) / _FRAMES
    decoder = VideoCodecContext.create("h264", "r")
    decoder.extradata = encoder.parameter_sets
    began = time.process_time()
    for data in packets:
        decoder.decode(av.Packet(data))
    decoding_s = (time.process_time() - began) / _FRAMES
    return float((drawing_s + decoding_s) * FPS + _look_s(pictures, weights) * AnalysisConfig().analysis_fps)


def _look_s(pictures: Sequence[Image], weights: str) -> float:
    detector = load_detector(weights)
    try:
        detector.submit(pictures[0]).result()
        began = time.process_time()
        for picture in pictures[-_LOOKS:]:
            detector.submit(picture).result()
        return (time.process_time() - began) / _LOOKS
    finally:
        detector.close()
