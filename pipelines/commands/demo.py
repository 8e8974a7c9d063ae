"""`simpang demo`: a small live city from recorded clips."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

import click

from pipelines.demo.clips import demo_config
from pipelines.demo.serve import process, rtsp_server
from pipelines.errors import BadInput

NO_CLIPS = """\
There are no clips in {clips} to play as cameras. Show Simpang your own traffic instead:
  make demo CLIPS=/path/to/a/folder/with/video      your recordings, played over RTSP as cameras
  simpang run city.yaml                             your cameras; the README has a five-line city.yaml
The detector's weights are looked for in {weights}, or where SIMPANG_WEIGHTS says."""


@click.command()
@click.option(
    "--clips", type=click.Path(path_type=Path), default=Path("clips"), show_default=True, help="Videos to play."
)
@click.option("--data-dir", type=click.Path(path_type=Path), default=Path("build/demo"), show_default=True)
@click.option("--port", type=int, default=8080, show_default=True, help="Port of the pages.")
def demo(clips: Path, data_dir: Path, port: int) -> None:
    """Play clips as RTSP cameras, analyse them live and serve the pages, until Ctrl-C."""
    weights = clips.resolve().parent / "weights" / "yolo11n_int8_openvino_model"
    if not clips.is_dir():
        click.echo(NO_CLIPS.format(clips=clips, weights=weights))
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    use_weights = weights if "SIMPANG_WEIGHTS" not in os.environ and weights.is_dir() else None
    signal.signal(signal.SIGTERM, _as_keyboard_interrupt)
    try:
        _play(clips, data_dir, port, use_weights)
    except KeyboardInterrupt:
        click.echo("Simpang has stopped.")


def _play(clips: Path, data_dir: Path, port: int, weights: Path | None) -> None:
    with rtsp_server(clips.resolve(), data_dir / "rtsp-server.log") as rtsp_port:
        config = data_dir / "city.yaml"
        config.write_text(
            demo_config(clips, data_dir=data_dir.resolve(), rtsp_port=rtsp_port, port=port, weights=weights),
            encoding="utf-8",
        )
        with process([sys.executable, "-m", "pipelines", "run", str(config)]) as city:
            status = city.wait()
    if status:
        raise BadInput(f"the demo stopped by itself with status {status}; the line above says why")


def _as_keyboard_interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
