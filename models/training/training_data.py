"""What a network is trained on: labelled pictures, those of them that are held back, and recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.pictures.picture_set import LabelledPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """Pictures and recordings of a training.

    pictures: labelled. is_held_back: (pictures,) mask of those for the examination. set_weights: how often pictures of
    a set are sampled, by its name; 1 for the others. recordings: videos that the start network labels itself.
    """

    pictures: Sequence[LabelledPicture]
    is_held_back: NDArray[np.bool_]
    set_weights: Mapping[str, float] = field(default_factory=dict)
    recordings: Sequence[Path] = ()

    @property
    def trained_on(self) -> list[LabelledPicture]:
        """Pictures that are not held back."""
        return [p for p, is_held in zip(self.pictures, self.is_held_back, strict=True) if not is_held]

    @property
    def held_back(self) -> list[LabelledPicture]:
        """Pictures for the examination."""
        return [p for p, is_held in zip(self.pictures, self.is_held_back, strict=True) if is_held]

    def weight_of(self, picture: LabelledPicture) -> float:
        """Weight of the picture's set."""
        return self.set_weights.get(picture.set_folder.name, 1.0)

    def described(self) -> dict[str, Any]:
        """Content for a report: numbers, sources and licences of the pictures, and the recordings."""
        return {
            "pictures": len(self.pictures),
            "sets": [self._set_described(folder) for folder in dict.fromkeys(p.set_folder for p in self.pictures)],
            "held_back": {
                "pictures": int(self.is_held_back.sum()),
                "camera_groups": sorted({picture.camera_group for picture in self.held_back}),
            },
            "recordings_labelled_by_the_start_network": [recording.name for recording in self.recordings],
        }

    def _set_described(self, folder: Path) -> dict[str, Any]:
        members = [picture for picture in self.pictures if picture.set_folder == folder]
        sources = sorted({(picture.source_repo, picture.licence) for picture in members})
        return {
            "set": folder.name,
            "pictures": len(members),
            "weight": self.weight_of(members[0]),
            "sources": [
                {
                    "source": source,
                    "licence": licence,
                    "pictures": sum((p.source_repo, p.licence) == (source, licence) for p in members),
                    "camera_groups": sorted(
                        {p.camera_group for p in members if (p.source_repo, p.licence) == (source, licence)}
                    ),
                }
                for source, licence in sources
            ],
        }
