"""Configuration of a small city whose cameras play the video files of a folder."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from pipelines.errors import UserError

VIDEO_SUFFIXES = {".mp4", ".mkv"}
"""Suffixes of files that are played."""

MAX_CLIP_CAMERAS = 4
"""Largest number of clips without drawn geometry: what two cores analyse at 5 frames/s [assumption]."""


@dataclass(frozen=True)
class KnownClip:
    """A clip whose gates and zones are in a JSON file beside this module. position: latitude and longitude."""

    stem: str
    name: str
    position: tuple[float, float]
    public: bool = True


KNOWN_CLIPS = (
    KnownClip("vn_junction", "Simpang Contoh", (1.1304, 104.0531)),
    KnownClip("nl_highway", "Jalan Raya Contoh", (1.1215, 104.0402)),
    KnownClip("us_freeway", "Tol Contoh", (1.1382, 104.0348)),
    KnownClip("us_parked_street", "Jalan Lingkungan Contoh", (1.1169, 104.0587)),
)
"""Recordings from other countries; their positions in Batam are invented for the map."""


def demo_config(clips: Path, *, data_dir: Path, rtsp_port: int, port: int) -> str:
    """Configuration (YAML) of `simpang run` for the clips, which are played at rtsp://127.0.0.1:`rtsp_port`.

    A clip without drawn geometry becomes a camera without gates. port: of the portal.
    Raises UserError where the folder contains no video.
    """
    files = {path.stem: path for path in sorted(clips.iterdir()) if _is_video(path)}
    if not files:
        raise UserError(f"{clips}: no .mp4 or .mkv in this folder; give a folder with traffic video: --clips DIR")
    drawn = [clip for clip in KNOWN_CLIPS if clip.stem in files]
    chosen = drawn or [
        KnownClip(stem, stem, (1.12 + 0.01 * n, 104.04)) for n, stem in enumerate(list(files)[:MAX_CLIP_CAMERAS])
    ]
    ids = _identifiers([clip.stem for clip in chosen])
    config: dict[str, Any] = {
        "city": {"name": "Kota Contoh", "timezone": "Asia/Jakarta", "centre": [1.1275, 104.046], "zoom": 14},
        "data_dir": str(data_dir),
        "portal": {"port": port},
        "sites": [
            {"id": camera_id, "name": clip.name, "position": list(clip.position)}
            for camera_id, clip in zip(ids, chosen, strict=True)
        ],
        "cameras": [
            _camera(camera_id, clip, files[clip.stem], rtsp_port) for camera_id, clip in zip(ids, chosen, strict=True)
        ],
    }
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def _is_video(path: Path) -> bool:
    """Return whether the file is a video, not a hidden file that another system keeps beside it."""
    return path.suffix.lower() in VIDEO_SUFFIXES and not path.name.startswith(".")


def _camera(camera_id: str, clip: KnownClip, path: Path, rtsp_port: int) -> dict[str, Any]:
    geometry = Path(__file__).with_name(f"{clip.stem}.json")
    camera: dict[str, Any] = {
        "id": camera_id,
        "name": clip.name,
        "site": camera_id,
        "owner": "Rekaman contoh",
        "visibility": "public" if clip.public else "operators",
        "position": list(clip.position),
        # play_count=0 loops for ever, with a jump of the timestamps at each restart, as after a reboot of a camera.
        "url": f"rtsp://127.0.0.1:{rtsp_port}/{quote(path.name)}?play_count=0",
    }
    if geometry.is_file():
        camera["geometry"] = str(geometry)
    return camera


def _identifiers(stems: list[str]) -> list[str]:
    """Return different identifiers for file names.

    >>> _identifiers(["Simpang Kuda 2", "simpang_kuda", "simpang-kuda", "街"])
    ['simpang-kuda-2', 'simpang-kuda', 'simpang-kuda-3', 'kamera']
    """
    found: list[str] = []
    for stem in stems:
        kept = "".join(c if c.isalnum() and c.isascii() else "-" for c in stem.lower()).strip("-")[:58] or "kamera"
        candidates = (kept if number == 1 else f"{kept}-{number}" for number in count(1))
        found.append(next(candidate for candidate in candidates if candidate not in found))
    return found
