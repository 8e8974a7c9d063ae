"""Checkpoints of a training, by which an interrupted one continues."""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from models.training.trainer import Trainer

log = structlog.get_logger()

CHECKPOINT_EVERY = 100
"""Training steps between two checkpoints [assumption]."""


def train_with_checkpoints(training: "Trainer", checkpoint: Path, on_step: Callable[[int], None]) -> None:
    """Train to the end, from the checkpoint where there is one.

    checkpoint: file that is replaced every `CHECKPOINT_EVERY` steps. on_step: receives the number of steps made.
    """
    if checkpoint.is_file():
        training.resume(checkpoint)
        log.info("training continues from a checkpoint", step=training.step)

    def after_step(step: int, loss: float) -> None:
        on_step(step)
        if step % CHECKPOINT_EVERY == 0 or step == training.steps:
            training.save(checkpoint)
            log.info("checkpoint", step=step, loss=round(loss, 3))

    training.run(after_step)


def fingerprint(settings: Any, files: Iterable[Path] = ()) -> str:
    """Fingerprint of settings (JSON) and of the content of files, so that a checkpoint of others is not continued."""
    digest = hashlib.sha256(json.dumps(settings).encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
