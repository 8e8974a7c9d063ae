"""One live simulated camera: frames in real time over RTSP, with planned faults, and the ground truth on disk."""

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
from simulator.cameras.rtsp_server import LiveRtspServer, LiveStream
from simulator.cameras.simulated_camera import SimulatedCamera, SimulatedFrame
from simulator.cameras.video_encoder import FPS, H264Encoder, yuv_frame
from simulator.ground_truth.json_document import ground_truth_json
from simulator.world.camera_model import IMAGE_SIZE
from simulator.world.scenario import DAY_S, FaultKind, Scenario
from simulator.world.sites import Site
from simulator.world.sumo_traffic import STEP_S

log = structlog.get_logger()

MAIN_STREAM, SUB_STREAM = "main", "sub"
"""Names of the two streams in the URL."""

SUB_SIZE = 320, 180
"""Size of the sub-stream, pixels [assumption]."""

STEPS_PER_FRAME = 2
"""Simulation steps from one frame to the next: 6.25 frames/s are more than are analysed (docs/adr/0167)."""

LIVE_FPS, FRAME_S = FPS / STEPS_PER_FRAME, STEP_S * STEPS_PER_FRAME
"""Frame rate of both streams, frames/s, and seconds from one frame to the next."""

TRUTH_WRITE_INTERVAL_S = 5.0
"""Seconds between two writes of the ground truth file [assumption]."""

PREPARED_AHEAD_S = 30.0, 200.0
"""Range of seconds by which a static background is rendered before it is needed [assumption].

It is random for each camera, since all cameras of a city need those of a light at the same time.
"""

SKIP_WHEN_LATE_S, UNSEEN_AFTER_S = 0.32, 1.0
"""Seconds behind real time from which frames are skipped, and of skipping from which events are unseen [assumption].

Two frames of delay are 0.32 s.
"""

SILENT_FAULTS = (FaultKind.CABLE_CUT, FaultKind.POWER_CUT)
"""Faults during which the camera does not answer."""


class LiveCamera:
    """A simulated camera that serves its streams in real time.

    start_at: Unix time of second 0; the backgrounds are rendered before it. port: of the RTSP server.
    truth: path of the ground truth file. kept_s: older entries are dropped from it, to bound its size.
    """

    def __init__(
        self,
        site: Site,
        seed: int,
        scenario: Scenario,
        *,
        port: int,
        start_at: float,
        truth: Path,
        kept_s: float = 3600,
    ) -> None:
        self._site, self._scenario, self._port = site, scenario, port
        self._start_at, self._truth_file, self._kept_s = start_at, truth, kept_s
        self._ahead_s = float(np.random.default_rng([seed, *site.id.encode()]).uniform(*PREPARED_AHEAD_S))
        self._camera = SimulatedCamera(
            site, seed, scenario, into_minute_s=start_at % 60, steps_per_frame=STEPS_PER_FRAME
        )
        self._main, self._sub = H264Encoder(IMAGE_SIZE, LIVE_FPS), H264Encoder(SUB_SIZE, LIVE_FPS)
        self._streams = (
            LiveStream(MAIN_STREAM, self._main.parameter_sets, float(LIVE_FPS)),
            LiveStream(SUB_STREAM, self._sub.parameter_sets, float(LIVE_FPS)),
        )
        self._frames = self._skipped = 0
        self._is_open = False

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set. Writes the ground truth every few seconds and at the end."""
        next_write, rendered_at = 0.0, 0.0
        with self._camera, ExitStack() as outlet:
            preparation = threading.Thread(target=self._prepare, args=(stop,), name="backgrounds", daemon=True)
            preparation.start()
            while not stop.wait(max(0.0, self._start_at + self._camera.t + FRAME_S - time.time())):
                if time.time() - self._start_at - self._camera.t > SKIP_WHEN_LATE_S + FRAME_S:
                    self._camera.skip(missed=self._camera.t - rendered_at > UNSEEN_AFTER_S)
                    self._skipped += 1
                    continue
                frame = self._camera.next_frame()
                rendered_at = frame.state.t
                self._set_outlet(outlet, silent=frame.fault in SILENT_FAULTS)
                if frame.fault not in SILENT_FAULTS:
                    self._publish(frame)
                if frame.state.t >= next_write:
                    next_write = frame.state.t + TRUTH_WRITE_INTERVAL_S
                    self._write_truth()
        self._write_truth()
        preparation.join()

    def _prepare(self, stop: threading.Event) -> None:
        """Render the static backgrounds of the first two simulated days, each some time before it is needed."""
        for t in self._scenario.changes(2 * DAY_S):
            if stop.wait(max(0.0, self._start_at + t - self._ahead_s - time.time())):
                return
            self._camera.prepare(t)

    def _set_outlet(self, outlet: ExitStack, *, silent: bool) -> None:
        if silent and self._is_open:
            outlet.close()
            log.info("stream stopped by a planned fault", site=self._site.id)
        elif not silent and not self._is_open:
            outlet.enter_context(LiveRtspServer(self._streams, self._port))
        self._is_open = not silent

    def _publish(self, frame: SimulatedFrame) -> None:
        self._encode(self._main, self._streams[0], frame.state.t, frame.yuv)
        if self._streams[1].has_clients:
            small = cv2.resize(frame.image, SUB_SIZE, interpolation=cv2.INTER_AREA)
            self._encode(self._sub, self._streams[1], frame.state.t, cv2.cvtColor(small, cv2.COLOR_BGR2YUV_I420))
        self._frames += 1

    def _encode(self, encoder: H264Encoder, stream: LiveStream, t: float, yuv: Any) -> None:
        for packet in encoder.encode(yuv_frame(np.asarray(yuv, dtype=np.uint8), self._frames, LIVE_FPS)):
            stream.publish(t, bytes(packet))

    def _write_truth(self) -> None:
        now = self._camera.t
        self._camera.recorder.drop_before(now - self._kept_s)
        content = ground_truth_json(self._camera.recorder.ground_truth(now))
        content |= {
            "point": self._site.id,
            "start_at": datetime.fromtimestamp(self._start_at, UTC).isoformat(),
            "frames": self._frames,
            "skipped": self._skipped,
            "light": self._scenario.light_at(now).value,
            "faults": [
                {"kind": f.kind.value, "start_s": f.start_s, "end_s": f.start_s + f.duration_s}
                for f in self._scenario.faults
                if f.start_s <= now
            ],
        }
        write_atomically(self._truth_file, json.dumps(content), durable=False)
