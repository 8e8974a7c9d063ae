"""One point of the capacity bench: so many cameras served and watched for a while, each side in its own process."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

from pipelines.analysis.detector_factory import open_detector
from pipelines.capacity.baseline import Reference, reference_for, whole_view
from pipelines.capacity.clips import PreparedClip
from pipelines.capacity.plan import Plan
from pipelines.capacity.records import Record
from pipelines.capacity.worker_under_test import START_WITHIN_S, Order
from pipelines.errors import UserError
from pipelines.worker.child_process import free_port, running_process

_SERVED_WITHIN_S = 30.0
_MORE_TIME_S = 60.0
"""To load the network and to end, on a machine that has too much to do."""

Tell = Callable[[str], None]


def require_server() -> None:
    """Raises UserError where the RTSP server is not installed."""
    if find_spec("aio_rtsp_toolkit") is None:
        raise UserError("the RTSP server that plays the clips is not installed; install simpang[demo]")


def references_for(
    clips: Sequence[PreparedClip], weights: str | None, cache: Path | None, tell: Tell = lambda _: None
) -> dict[str, Reference]:
    """By name of clip. cache: see `reference_for`."""
    references = {}
    picture_size = whole_view(clips[0]).window[2:]
    with closing(open_detector(weights, image_size=picture_size)) as detector:
        for clip in clips:
            tell(f"{clip.name}: what crosses and when traffic moves")
            references[clip.name] = reference_for(clip, detector, cache)
    return references


def measure(
    clips: Sequence[PreparedClip],
    cameras: int,
    seconds: float,
    weights: str | None,
    *,
    settle_s: float,
    inference: bool = True,
    looks_per_s: float | None = None,
) -> Record:
    """Serve the clips as `cameras` cameras and let a worker watch them. Raises UserError where either cannot start.

    settle_s, inference, looks_per_s: see `pipelines.capacity.worker_under_test.Order`.
    """
    require_server()
    plan = Plan.of(clips, cameras, time.time())
    geometry = {clip.name: clip.geometry for clip in clips}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(plan, folder) as (port, server):
            order = Order(
                plan=plan,
                geometry=geometry,
                port=port,
                server=server,
                weights=weights,
                settle_s=settle_s,
                seconds=seconds,
                inference=inference,
                looks_per_s=looks_per_s,
            )
            return _watched(order, folder)


@contextmanager
def served(plan: Plan, folder: Path) -> Iterator[tuple[int, int]]:
    """Yields port and process id of an RTSP server that shows the cameras of the plan. folder: for its files."""
    plan_file, log, port = folder / "plan.json", folder / "rtsp.log", free_port()
    plan_file.write_text(plan.to_json())
    command = [sys.executable, "-m", "pipelines.capacity.rtsp_loop_server", str(plan_file), str(port)]
    with running_process(command, log=log) as child:
        deadline = time.monotonic() + _SERVED_WITHIN_S
        while not _accepts(port):
            if child.poll() is not None or time.monotonic() > deadline:
                last = (log.read_text().strip().splitlines() or ["it said nothing"])[-1]
                raise UserError(f"the RTSP server did not start: {last}")
            time.sleep(0.1)
        yield port, child.pid


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _watched(order: Order, folder: Path) -> Record:
    order_file, out, log = folder / "order.json", folder / "record.json", folder / "worker.log"
    order_file.write_text(order.model_dump_json())
    command = [sys.executable, "-m", "pipelines.capacity.worker_under_test", str(order_file), str(out)]
    with running_process(command, log=log) as child:
        try:
            status = child.wait(START_WITHIN_S + order.settle_s + order.seconds + _MORE_TIME_S)
        except subprocess.TimeoutExpired as error:
            cameras = len(order.plan.cameras)
            raise UserError(f"the worker did not end: {cameras} cameras are far too many here; try fewer") from error
        if status != 0:
            last = (log.read_text().strip().splitlines() or ["it said nothing"])[-1]
            raise UserError(f"the worker failed: {last}")
    return Record.model_validate_json(out.read_text())
