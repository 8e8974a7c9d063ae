"""`simpang demo`: a small live city, simulated or from video files."""

import signal
import sys
from pathlib import Path
from types import FrameType

import click

from pipelines.errors import UserError
from pipelines.worker.child_process import running_process
from simulator.cameras.file_rtsp_server import rtsp_server
from simulator.demo.clips import demo_config

NO_CLIPS_MESSAGE = """\
There are no clips in {clips} to play as cameras. Show Simpang your own traffic instead:
  make demo CLIPS=/path/to/a/folder/with/video      your recordings, played over RTSP as cameras
  simpang run city.yaml                             your cameras; the README has a five-line city.yaml"""
"""Message where the folder of --clips does not exist."""


@click.command()
@click.option("--clips", type=click.Path(path_type=Path), help="Play the videos of this folder instead.")
@click.option("--cameras", type=click.IntRange(1, 12), help="Live cameras; by default as many as this machine can run.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the simulated city.")
@click.option("--data-dir", type=click.Path(path_type=Path), default=Path("build/demo"), show_default=True)
@click.option("--port", type=int, default=8080, show_default=True, help="Port of the pages.")
def demo(clips: Path | None, cameras: int | None, seed: int, data_dir: Path, port: int) -> None:
    """Run a simulated city with live cameras, analysed and shown on the pages until Ctrl-C.

    The terminal and the pages report what happens in the simulation, for comparison with what Simpang detects.
    """
    signal.signal(signal.SIGTERM, _as_keyboard_interrupt)
    try:
        if clips is not None:
            _play_clips(clips, data_dir, port)
        else:
            from simulator.demo.run import run_demo  # noqa: PLC0415 (the renderer takes seconds to load)

            run_demo(data_dir, port=port, cameras=cameras, seed=seed, print_line=click.echo)
    except KeyboardInterrupt:
        click.echo("Simpang has stopped.")


def _play_clips(clips: Path, data_dir: Path, port: int) -> None:
    if not clips.is_dir():
        click.echo(NO_CLIPS_MESSAGE.format(clips=clips))
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    with rtsp_server(clips.resolve(), data_dir / "rtsp-server.log") as rtsp_port:
        config = data_dir / "city.yaml"
        config.write_text(
            demo_config(clips, data_dir=data_dir.resolve(), rtsp_port=rtsp_port, port=port),
            encoding="utf-8",
        )
        with running_process([sys.executable, "-m", "pipelines", "run", str(config)]) as city:
            status = city.wait()
    if status:
        raise UserError(f"the demo stopped with status {status}; see the line above")


def _as_keyboard_interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
