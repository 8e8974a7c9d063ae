"""Parts of the wanted period of a clip without video."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from pipelines.evidence.clip_file import ClipPacket
from pipelines.evidence.keyring import utc_text

MIN_GAP_S = 1.0
"""Shortest time (s) between two frames that is a gap; cameras send 5 to 30 frames a second. [assumption]"""


def gaps_of(from_at: float, to_at: float, packets: Sequence[ClipPacket] | None) -> tuple[dict[str, Any], ...]:
    """Return each part of a period without a frame, in the form of the manifest. packets: None where there is no clip.

    >>> [gap["cause"] for gap in gaps_of(0.0, 10.0, None)]
    ['no clip: no packets of H.264 or H.265 were kept']
    """
    if not packets:
        return (_gap(from_at, to_at, "no clip: no packets of H.264 or H.265 were kept"),)
    return tuple(_gaps(from_at, to_at, sorted(packet.at for packet in packets)))


def _gaps(from_at: float, to_at: float, frames: list[float]) -> Iterator[dict[str, Any]]:
    if frames[0] - from_at > MIN_GAP_S:
        yield _gap(from_at, frames[0], "no earlier packets of this connection were kept")
    for one, other in pairwise(frames):
        if other - one > MIN_GAP_S:
            yield _gap(one, other, "the camera sent no frame")
    if to_at - frames[-1] > MIN_GAP_S:
        yield _gap(frames[-1], to_at, "no later packets of this connection had arrived")


def _gap(from_at: float, to_at: float, cause: str) -> dict[str, Any]:
    texts = [utc_text(datetime.fromtimestamp(at, UTC)) for at in (from_at, to_at)]
    return {"from_at": texts[0], "to_at": texts[1], "cause": cause}
