"""Live video over HLS: serves the playlists, segments and still pictures that the worker writes."""

import re
import time
from email.utils import formatdate

from fastapi import APIRouter, HTTPException, Response

from portal.auth.permissions import VisibleCamera
from portal.dependencies import ServicesDep

MEDIA_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mp4": "video/mp4",
    ".m4s": "video/iso.segment",
    ".jpg": "image/jpeg",
}
"""Media type of each kind of file. [source: RFC 8216 and the IANA registry of media types]"""
MAX_AGE_S = 120
"""Age (s) from which a playlist or still picture is not live: its worker was killed or hangs. Keyframes of some
cameras are 20 to 50 s apart. [assumption]"""
LIVE_FILES = (".m3u8", ".jpg")
"""Endings of the files that are written again and again: playlist and still picture."""
SEGMENT_MAX_AGE_S = 60
"""Seconds that a browser may cache a segment. [assumption]"""

router = APIRouter(prefix="/live", tags=["live video"])

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.(m3u8|mp4|m4s|jpg)")
"""File names that are served: no path, no hidden file."""


@router.get("/{camera_id}/{file}", response_class=Response, responses={404: {"description": "Not there (any more)."}})
def live_file(file: str, entry: VisibleCamera, services: ServicesDep) -> Response:
    """A file of the live video. `index.m3u8` is the playlist; it names the other files.

    Of a camera that sends Motion JPEG there is only `still.jpg`, the newest picture; `Last-Modified` is its time.
    """
    path = services.config.data_dir / "hls" / entry.id / file
    try:
        if not _FILE_NAME.fullmatch(file):
            raise FileNotFoundError(file)
        written_at = path.stat().st_mtime
        if path.suffix in LIVE_FILES and time.time() - written_at > MAX_AGE_S:
            raise FileNotFoundError(file)
        content = path.read_bytes()
    except OSError:
        raise HTTPException(404, "There is no such video at present.") from None
    return Response(
        content,
        media_type=MEDIA_TYPES[path.suffix],
        headers={
            "Cache-Control": _caching(path.suffix, public=entry.public),
            "Last-Modified": formatdate(written_at, usegmt=True),
        },
    )


def _caching(suffix: str, *, public: bool) -> str:
    """Cache-Control: segments never change, while the playlist and the still picture do."""
    if suffix in LIVE_FILES:
        return "no-store"
    return f"{'public' if public else 'private'}, max-age={SEGMENT_MAX_AGE_S}, immutable"
