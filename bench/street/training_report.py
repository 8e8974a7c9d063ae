"""What the report of a training (`simpang models train`) states of its camera groups and held-back pictures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPORT = "report.json"
"""File name of the report, beside the folder of the weights or in it."""

FINISH = "finish_on_all_pictures"
"""Key of the last steps, which train on the held-back pictures, too."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """Content of a report; empty where a network has none."""

    content: Mapping[str, Any]

    @property
    def trained_groups(self) -> frozenset[str]:
        """Camera groups on which the network was trained."""
        sources = [source for folder in self._at("trained_on", "sets") or () for source in folder.get("sources", ())]
        groups = {group for source in sources for group in source.get("camera_groups", ())}
        held_back = () if FINISH in self.content else self._at("trained_on", "held_back", "camera_groups") or ()
        return frozenset(groups.difference(held_back))

    @property
    def held_back_pictures(self) -> int:
        """Number of the pictures on which the training was examined, before its last steps on all."""
        return int(self._at("examination", "pictures") or 0)

    def held_back(self, network: str, *path: str) -> float | None:
        """Figure of the examination of held-back pictures. network: "before" or "after"."""
        value = self._at("examination", network, *path)
        return None if value is None else float(value)

    @property
    def int8_loss_points(self) -> float | None:
        """AP50 that the INT8 export lost against the float one, in points; of the final network where stated."""
        stated = (self._at(part, "int8_and_float", "loss_points") for part in (FINISH, "examination"))
        return next((float(loss) for loss in stated if loss is not None), None)

    def _at(self, *path: str) -> Any:
        found: Any = self.content
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found


def read_training_report(weights: Path) -> TrainingReport:
    """Report of the training of some weights."""
    folders = (weights, weights.parent) if weights.is_dir() else (weights.parent, weights.parent.parent)
    for folder in folders:
        if (folder / REPORT).is_file():
            return TrainingReport(json.loads((folder / REPORT).read_text(encoding="utf-8")))
    return TrainingReport({})
