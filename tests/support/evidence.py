"""Packages of evidence for tests, with clips of random bytes."""

import hashlib
import random
from pathlib import Path

from pipelines.evidence.sealing import Draft, EvidenceStore

START_AT, END_AT = "2026-01-02T10:00:00.000Z", "2026-01-02T10:00:20.000Z"
"""Period of each clip."""


def draft(package_id: str, *, seed: int = 0, clip_bytes: int = 3000) -> Draft:
    """A package with a clip of three GOPs, a snapshot and an event; seeds differ in every file."""
    rng = random.Random(seed)
    clip, size = rng.randbytes(clip_bytes), clip_bytes // 4
    gops = [
        {
            "start_at": f"2026-01-02T10:00:{number * 5:02}.000Z",
            "frames": 125,
            "first_byte": 40 + number * size,
            "bytes": size,
            "sha256": hashlib.sha256(clip[40 + number * size : 40 + (number + 1) * size]).hexdigest(),
        }
        for number in range(3)
    ]
    return Draft(
        package_id,
        {
            "clip.mp4": (clip, "video/mp4"),
            "snapshot.jpg": (rng.randbytes(400), "image/jpeg"),
            "event.json": (b'{"incident_id":"%d"}' % seed, "application/json"),
        },
        camera={"id": "simpang-1", "name": "Jl. Sudirman \u2013 utara", "owner": None, "lat": 1.1304, "lon": 104.053},
        recorder={"software": "simpang", "version": "0.1.0", "machine": "worker-1"},
        clock={"source": "system clock of the worker", "offset_s": None, "offset_source": "not measured"},
        clip={
            "file": "clip.mp4",
            "codec": "h264",
            "wanted_from_at": START_AT,
            "wanted_to_at": END_AT,
            "start_at": START_AT,
            "end_at": END_AT,
            "frames": 375,
            "gops": gops,
        },
        model={"name": "street", "sha256": "ab" * 32},
        geometry=None,
        gaps=({"from_at": END_AT, "to_at": "2026-01-02T10:00:21.500Z", "cause": "stream lost"},),
    )


def sealed(store: EvidenceStore, package_id: str, *, seed: int = 0, clip_bytes: int = 3000) -> Path:
    """The path of a new package."""
    return store.seal(draft(package_id, seed=seed, clip_bytes=clip_bytes), actor="worker-1")
