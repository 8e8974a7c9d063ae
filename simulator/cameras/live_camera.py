"""One camera of the living city: frames at their time, over RTSP, with the script's faults, and the truth on disk."""

import json
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import structlog

from pipelines.atomic_file import write_atomically
from simulator.cameras.rtsp_server import LiveStream, RtspOutlet
from simulator.cameras.simulated_camera import Frame, SimulatedCamera
from simulator.cameras.video_encoder import FPS, Encoder, yuv_frame
from simulator.ground_truth.recorder import truth_json
from simulator.world.camera_model import IMAGE_SIZE
from simulator.world.scenario import DAY_S, FaultKind, Script
from simulator.world.sites import Point
from simulator.world.sumo_traffic import STEP_S

log = structlog.get_logger()

MAIN, SUB = "main", "sub"
SUB_SIZE, SUB_EVERY = (320, 180), 2
"""For weak links: a quarter of the pixels, half of the frames."""

WRITE_EVERY_S, PREPARED_S = 5.0, 2 * DAY_S
LATE_S, MISSED_S = 0.16, 1.0
"""Behind by more than this, frames are left out; left out for longer than that, what happens is not seen."""

SILENT = (FaultKind.CABLE_CUT, FaultKind.POWER_CUT)


class LiveCamera:
    """start_at: Unix time of the simulation's second 0; before it, the camera gets ready. kept_s: what is older is no
    longer in the truth on disk, which else would take ever longer to write.
    """

    def __init__(
        self, point: Point, seed: int, script: Script, *, port: int, start_at: float, truth: Path, kept_s: float = 3600
    ) -> None:
        self._point, self._script, self._port = point, script, port
        self._start_at, self._truth_file, self._kept_s = start_at, truth, kept_s
        self._camera = SimulatedCamera(point, seed, script, into_minute_s=start_at % 60)
        self._main, self._sub = Encoder(IMAGE_SIZE), Encoder(SUB_SIZE, FPS / SUB_EVERY)
        self._streams = (
            LiveStream(MAIN, self._main.parameter_sets, float(FPS)),
            LiveStream(SUB, self._sub.parameter_sets, float(FPS / SUB_EVERY)),
        )
        self._frames = self._skipped = 0
        self._is_open = False

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set. The truth is written every few seconds and at the end."""
        next_write, drawn_at = 0.0, 0.0
        with self._camera, ExitStack() as outlet:
            self._camera.prepare(PREPARED_S)
            while not stop.wait(max(0.0, self._start_at + self._camera.t + STEP_S - time.time())):
                if time.time() - self._start_at - self._camera.t > LATE_S + STEP_S:
                    self._camera.skip(missed=self._camera.t - drawn_at > MISSED_S)
                    self._skipped += 1
                    continue
                frame = self._camera.frame()
                drawn_at = frame.moment.t
                self._set_outlet(outlet, silent=frame.fault in SILENT)
                if frame.fault not in SILENT:
                    self._publish(frame)
                if frame.moment.t >= next_write:
                    next_write = frame.moment.t + WRITE_EVERY_S
                    self._write_truth()
        self._write_truth()

    def _set_outlet(self, outlet: ExitStack, *, silent: bool) -> None:
        if silent and self._is_open:
            outlet.close()
            log.info("the camera falls silent, as the script says", point=self._point.id)
        elif not silent and not self._is_open:
            outlet.enter_context(RtspOutlet(self._streams, self._port))
        self._is_open = not silent

    def _publish(self, frame: Frame) -> None:
        self._encode(self._main, self._streams[0], frame.moment.t, frame.yuv)
        if self._frames % SUB_EVERY == 0:
            small = cv2.resize(frame.picture, SUB_SIZE, interpolation=cv2.INTER_AREA)
            self._encode(self._sub, self._streams[1], frame.moment.t, cv2.cvtColor(small, cv2.COLOR_BGR2YUV_I420))
        self._frames += 1

    def _encode(self, encoder: Encoder, stream: LiveStream, t: float, yuv: Any) -> None:
        for packet in encoder.encode(yuv_frame(np.asarray(yuv, dtype=np.uint8), self._frames)):
            stream.publish(t, bytes(packet))

    def _write_truth(self) -> None:
        now = self._camera.t
        self._camera.truth.forget(now - self._kept_s)
        said = truth_json(self._camera.truth.truth(now))
        said |= {
            "point": self._point.id,
            "start_at": datetime.fromtimestamp(self._start_at, UTC).isoformat(),
            "frames": self._frames,
            "skipped": self._skipped,
            "light": self._script.light_at(now).value,
            "faults": [
                {"kind": f.kind.value, "start_s": f.start_s, "end_s": f.start_s + f.duration_s}
                for f in self._script.faults
                if f.start_s <= now
            ],
        }
        write_atomically(self._truth_file, json.dumps(said), durable=False)
