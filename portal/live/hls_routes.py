"""Live video over HLS: serves the playlists, segments and pictures that the worker writes.

Behind docker/nginx.conf, nginx sends the files of public cameras itself: see docs/adr/0188-live-video-through-nginx.md.
"""

import os
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status

from pipelines.live_video.hls_playlist import PLAYLIST, PREVIEW, STILL
from portal.auth.permissions import CurrentSession, VisibleCamera, has_role, scope_of
from portal.auth.route_rules import ALL_CLIENTS
from portal.auth.sessions import UserSession
from portal.cameras.catalogue import CatalogueEntry
from portal.dependencies import Live, LiveDep, Services, ServicesDep
from portal.head_requests import IS_HEAD
from portal.live.admission import Admission
from portal.live.small_videos import SUFFIX

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
"""Endings of the files that are written again and again: playlists and pictures."""
SEGMENT_MAX_AGE_S = 60
"""Seconds that a browser may cache a segment. [assumption]"""
SHARED_MAX_AGE_S = 1
"""Seconds that a proxy may keep a playlist, a picture, or the answer that there is none. [assumption: a second is the
length of a segment]"""
ACCESS_MAX_AGE_S = 5
"""Seconds that nginx may keep the permission for a camera or a lease. [assumption]"""
REFUSAL_MAX_AGE_S = 1
"""Seconds that nginx may keep a refusal: a camera or a lease may be back soon. [assumption]"""
LEASE_BYTES = 12
"""Random bytes of a lease, so that no viewer meets the lease of another. [assumption]"""
RETRY_AFTER_S = 15
"""Seconds after which a viewer that was not admitted may ask again. [assumption]"""

router = APIRouter(prefix="/live", tags=["live video"])

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.(m3u8|mp4|m4s|jpg)")
"""File names that are served: no path, no hidden file."""
_LOCATION = re.compile(r"/[a-z_-]+/")
"""Locations of nginx that `X-Accel-Location` may name."""


_ANSWERS: dict[int | str, dict[str, Any]] = {
    304: {"description": "As in `If-None-Match`."},
    404: {"description": "Not there (any more)."},
    429: {"description": "As many viewers watch as the uplink carries; pictures are still there."},
}
"""Answers to a request for a file other than the file."""


@router.get("/{camera_id}.small/access", include_in_schema=False, dependencies=[ALL_CLIENTS])
def small_access(
    camera_id: str, services: ServicesDep, live: LiveDep, file: str = "", lease: str | None = None
) -> Response:
    """As `access`, for the small rendition of a camera, which is made from now on."""
    return _access(services, live, services.catalogue.find(camera_id, None), file, lease, suffix=SUFFIX)


@router.get("/{camera_id}/access", include_in_schema=False, dependencies=[ALL_CLIENTS])
def access(camera_id: str, services: ServicesDep, live: LiveDep, file: str = "", lease: str | None = None) -> Response:
    """Whether nginx may send files of a camera to a client without a session: 204, else 403.

    file: the playlist or picture that is asked for; empty for segments, which may be sent while either is renewed.
    lease: of the viewer that asks for the playlist, empty for a viewer without one. 401: the portal answers the request
    for the playlist.
    """
    return _access(services, live, services.catalogue.find(camera_id, None), file, lease)


def _access(
    services: Services, live: Live, entry: CatalogueEntry | None, file: str, lease: str | None, *, suffix: str = ""
) -> Response:
    names = (file,) if file else (PLAYLIST, STILL)
    is_public = entry is not None and (entry.has_public_video or (file == PREVIEW and not suffix))
    if entry is None or not is_public:
        return _for_nginx(status.HTTP_403_FORBIDDEN, REFUSAL_MAX_AGE_S)
    if suffix and file == PLAYLIST and not _wants_small(services, live, entry):
        return _for_nginx(status.HTTP_401_UNAUTHORIZED, REFUSAL_MAX_AGE_S)
    name = f"{entry.id}{suffix}"
    if not _is_live(services.config.data_dir / "hls" / name, names):
        return _for_nginx(status.HTTP_403_FORBIDDEN, REFUSAL_MAX_AGE_S)
    if lease is not None and live.admission is not None and not live.admission.renew(name, lease):
        return _for_nginx(status.HTTP_401_UNAUTHORIZED, REFUSAL_MAX_AGE_S)
    return _for_nginx(status.HTTP_204_NO_CONTENT, ACCESS_MAX_AGE_S)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request for a file. lease: of its viewer; empty without."""

    request: Request
    file: str
    entry: VisibleCamera
    session: CurrentSession
    lease: str = ""

    @property
    def sees_video(self) -> bool:
        """Whether the client sees the video, and not only small pictures of a public camera."""
        user = self.session.user if self.session else None
        is_operator = has_role(user, "operator") and self.entry.is_within(scope_of(user))
        return self.entry.camera.public_picture is None or is_operator


AskedDep = Annotated[_Asked, Depends()]


@router.get("/{camera_id}.small/{file}", response_class=Response, responses=_ANSWERS)
def small_live_file(asked: AskedDep, services: ServicesDep, live: LiveDep) -> Response:
    """A file of the small rendition of the live video, at most 192 kbit/s, as of the live video itself.

    It is made while its playlist is asked for, where the machine has time for it; a few seconds pass before there is
    one.
    """
    is_wanted = asked.file == PLAYLIST and IS_HEAD not in asked.request.scope and asked.sees_video
    if is_wanted and not _wants_small(services, live, asked.entry):
        raise _full("No further small video is made at present.")
    return _file(services, live, asked, suffix=SUFFIX)


@router.get("/{camera_id}/{file}", response_class=Response, responses=_ANSWERS)
def live_file(asked: AskedDep, services: ServicesDep, live: LiveDep) -> Response:
    """A file of the live video. `index.m3u8` is the playlist; it names the other files.

    Where the uplink is limited, the playlist without `lease` is one that names the playlist with a lease, which lasts
    as long as it is used. Of a camera that sends Motion JPEG there is only `still.jpg`, the newest picture;
    `Last-Modified` is its time.
    """
    return _file(services, live, asked)


def _wants_small(services: Services, live: Live, entry: CatalogueEntry) -> bool:
    """Have the small rendition made of video that is live; return False where there is no room for it."""
    is_live = _is_live(services.config.data_dir / "hls" / entry.id, (PLAYLIST,))
    return not is_live or live.small_videos.want(entry.id)


def _full(detail: str) -> HTTPException:
    return HTTPException(
        status.HTTP_429_TOO_MANY_REQUESTS, detail, {"Retry-After": f"{RETRY_AFTER_S}", "Cache-Control": "no-store"}
    )


def _file(services: Services, live: Live, asked: _Asked, *, suffix: str = "") -> Response:
    request, session, entry, file = asked.request, asked.session, asked.entry, asked.file
    name = f"{entry.id}{suffix}"
    if not asked.sees_video and (file != PREVIEW or suffix):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Of this camera there are only pictures.")
    is_shared = entry.public and session is None
    path = services.config.data_dir / "hls" / name / file
    try:
        found = _live_stat(path)
        # HEAD takes no place of a viewer.
        if file == PLAYLIST and live.admission is not None and IS_HEAD not in request.scope:
            offered = _offer(live.admission, name, asked.lease, session)
            if offered is not None:
                return offered
        headers = _headers(path, found, is_shared=is_shared)
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
        location = request.headers.get("x-accel-location", "")
        if not is_shared and _LOCATION.fullmatch(location):
            headers["X-Accel-Redirect"] = f"{location}{name}/{file}"
            return Response(media_type=MEDIA_TYPES[path.suffix], headers=headers)
        return Response(path.read_bytes(), media_type=MEDIA_TYPES[path.suffix], headers=headers)
    except OSError:
        caching = {"Cache-Control": _caching(".jpg", is_shared=is_shared)}
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such video at present.", caching) from None


def _offer(admission: Admission, camera_id: str, lease: str, session: UserSession | None) -> Response | None:
    """Answer to a viewer without a lease that is in force: a playlist with one, or 429. None for an admitted viewer."""
    if session is not None:
        admission.admit(camera_id, f"{session.id}.{camera_id}", always=True)
        return None
    if admission.renew(camera_id, lease) or (lease and admission.admit(camera_id, lease)):
        return None
    new = "" if lease else secrets.token_urlsafe(LEASE_BYTES)
    if not new or not admission.admit(camera_id, new):
        raise _full("As many viewers watch as the uplink carries.")
    content = (
        f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH={round(admission.rate_of(camera_id))}\n"
        f"{PLAYLIST}?lease={new}\n"
    )
    return Response(content, media_type=MEDIA_TYPES[".m3u8"], headers={"Cache-Control": "no-store"})


def _live_stat(path: Path) -> os.stat_result:
    """State of a file that may be served. Raises FileNotFoundError also for one that a killed worker left behind."""
    found = path.stat() if _FILE_NAME.fullmatch(path.name) else None
    if found is None or (path.suffix in LIVE_FILES and time.time() - found.st_mtime > MAX_AGE_S):
        raise FileNotFoundError(path)
    return found


def _is_live(folder: Path, names: tuple[str, ...]) -> bool:
    """Whether one of the files of a camera is renewed."""
    for name in names:
        with suppress(OSError):
            _live_stat(folder / name)
            return True
    return False


def _headers(path: Path, found: os.stat_result, *, is_shared: bool) -> dict[str, str]:
    return {
        "Cache-Control": _caching(path.suffix, is_shared=is_shared),
        "ETag": f'"{found.st_mtime_ns:x}-{found.st_size:x}"',
        "Last-Modified": formatdate(found.st_mtime, usegmt=True),
    }


def _caching(suffix: str, *, is_shared: bool) -> str:
    """Cache-Control: segments never change; playlists and pictures do, so that browsers ask each time."""
    if suffix not in LIVE_FILES:
        return f"{'public' if is_shared else 'private'}, max-age={SEGMENT_MAX_AGE_S}, immutable"
    return f"public, max-age=0, s-maxage={SHARED_MAX_AGE_S}" if is_shared else "private, no-cache"


def _for_nginx(code: int, max_age_s: int) -> Response:
    """Answer that nginx alone receives. It may use one for twice as long while it asks again."""
    caching = f"max-age={max_age_s}, stale-while-revalidate={max_age_s}"
    return Response(status_code=code, headers={"Cache-Control": caching})
