"""A simulated camera over real RTSP: both streams, the cable cut of the scenario, and the ground truth on disk."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest

from pipelines.worker.child_process import free_port
from tests.support.servers import wait_until

pytestmark = pytest.mark.integration

CUT_S = 5.0
"""Length of a cut, in seconds."""
CUTS_AT_S = tuple(float(t) for t in range(10, 220, 20))
"""Start of each cut, in seconds; several, since a busy machine may miss one."""


@pytest.fixture
def live() -> ModuleType:
    pytest.importorskip("libsumo", reason="needs Eclipse SUMO, which the extra `demo` installs")
    pytest.importorskip("aio_rtsp_toolkit", reason="needs the RTSP server, which the extra `demo` installs")
    from simulator.cameras import live_camera as live

    return live


def open_stream(port: int, name: str) -> av.container.InputContainer:
    return av.open(f"rtsp://127.0.0.1:{port}/{name}", options={"rtsp_transport": "tcp"}, timeout=(5, 5))


def answers(port: int) -> bool:
    try:
        open_stream(port, "main").close()
    except (OSError, av.error.FFmpegError):
        return False
    return True


def both_streams_play(live: ModuleType, port: int) -> bool:
    """Return False where the cable is cut meanwhile. Fails the test where a stream has other properties."""
    try:
        with open_stream(port, "main") as main, open_stream(port, "sub") as sub:
            frame = next(main.decode(video=0))
            small = next(sub.decode(video=0))
            packets = [packet for packet in islice(main.demux(video=0), 12) if packet.pts is not None]
    except (OSError, av.error.FFmpegError, StopIteration):
        return False
    assert (frame.width, frame.height, small.width, small.height) == (640, 360, 320, 180)
    assert frame.to_ndarray(format="gray").std() > 15
    if len(packets) < 3:
        return False
    times = [float(packet.pts * packet.time_base) for packet in packets]
    assert np.median(np.diff(times)) == pytest.approx(live.FRAME_S, abs=0.01)
    return True


@contextmanager
def running(live: ModuleType, port: int, truth: Path) -> Iterator[None]:
    from simulator.world.scenario import Fault, FaultKind, Light, Scenario
    from simulator.world.sites import site_by_id

    faults = tuple(Fault(kind=FaultKind.CABLE_CUT, start_s=start_s, duration_s=CUT_S) for start_s in CUTS_AT_S)
    scenario = Scenario(light=Light.DAY, faults=faults)
    stop = threading.Event()
    camera = live.LiveCamera(site_by_id("mata-kucing"), 1, scenario, port=port, start_at=time.time() + 8.0, truth=truth)
    thread = threading.Thread(target=camera.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_both_streams_play_and_a_cut_cable_is_cut(live: ModuleType, tmp_path: Path) -> None:
    port, truth = free_port(), tmp_path / "truth.json"
    with running(live, port, truth):
        wait_until(lambda: both_streams_play(live, port), "both streams to play", within_s=90)
        wait_until(lambda: not answers(port), "the cable to be cut", within_s=60)
        wait_until(lambda: answers(port), "the cable to be mended", within_s=60)
    said = json.loads(truth.read_text())
    assert said["point"] == "mata-kucing"
    assert said["faults"]
    assert said["faults"] == [
        {"kind": "cable_cut", "start_s": start_s, "end_s": start_s + CUT_S}
        for start_s in CUTS_AT_S[: len(said["faults"])]
    ]
    assert not any(start_s + 0.1 < c["t"] < start_s + CUT_S for c in said["crossings"] for start_s in CUTS_AT_S)
