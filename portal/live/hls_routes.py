"""Live video: the playlist and segments that the worker writes."""

import re

from fastapi import APIRouter, HTTPException, Response

from portal.auth.permissions import VisibleCamera
from portal.dependencies import ServicesDep

MEDIA_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mp4": "video/mp4",
    ".m4s": "video/iso.segment",
}
SEGMENT_KEPT_S = 60

router = APIRouter(prefix="/live", tags=["live video"])

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.(m3u8|mp4|m4s)")


@router.get("/{camera_id}/{file}", response_class=Response, responses={404: {"description": "Not there (any more)."}})
def live_file(file: str, entry: VisibleCamera, services: ServicesDep) -> Response:
    """`index.m3u8` is the playlist; it names the other files."""
    path = services.config.data_dir / "hls" / entry.id / file
    try:
        if not _FILE_NAME.fullmatch(file):
            raise FileNotFoundError(file)
        content = path.read_bytes()
    except OSError:
        raise HTTPException(404, "There is no such video at present.") from None
    return Response(
        content,
        media_type=MEDIA_TYPES[path.suffix],
        headers={"Cache-Control": _caching(path.suffix, public=entry.public)},
    )


def _caching(suffix: str, *, public: bool) -> str:
    """The name of a segment is never used again; the playlist changes with every one."""
    if suffix == ".m3u8":
        return "no-store"
    return f"{'public' if public else 'private'}, max-age={SEGMENT_KEPT_S}, immutable"
