"""The command `simpang worker` with a detector of bright rectangles instead of a network."""

import sys
from pathlib import Path

from pipelines.commands.run_worker import run_worker
from pipelines.config.config_file import read_config
from pipelines.logging import configure_logging
from tests.support.bright_cameras import run_bright_cameras

if __name__ == "__main__":
    configure_logging(json=True)
    settings = read_config(Path(sys.argv[1]))
    run_worker(settings, settings.bus.kafka, run=run_bright_cameras)
