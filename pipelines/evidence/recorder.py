"""Packages of evidence of a running city, made in a thread of their own once the video of an incident arrived."""

import platform
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from threading import Event as Flag
from typing import Any

import structlog
from av.error import FFmpegError

from models.weights.resolver import local_weights
from pipelines.addresses.mask import without_credentials
from pipelines.config.settings import CameraConfig, Config
from pipelines.errors import UserError
from pipelines.events.schema import IncidentPhase, IncidentReport
from pipelines.evidence.clip_file import CLIP_NAME, ClipDiffers, clip_file
from pipelines.evidence.export_boxes import Export
from pipelines.evidence.gaps import gaps_of
from pipelines.evidence.hashed_source import hashed_source
from pipelines.evidence.keyring import utc_text
from pipelines.evidence.machine_clock import clock_accuracy
from pipelines.evidence.packet_ring import Cut, PacketRing
from pipelines.evidence.sealing import Draft, EvidenceStore

log = structlog.get_logger()

ACTOR = "simpang worker"
"""Actor in the log of custody for what a worker does."""

MAX_WAITING = 200
"""Most incidents of a worker that wait for their video. [assumption]"""

LATE_S = 2.0
"""Longest time (s) for which video that is late is awaited. [assumption]"""

POLL_S = 0.25
"""Interval (s) at which waiting incidents are checked. [assumption]"""

RETENTION_EVERY_S = 600.0
"""Interval (s) at which old packages are destroyed. [assumption]"""

BYTES_PER_MB = 1_000_000
"""Bytes in a megabyte. [source: SI]"""


@dataclass(frozen=True)
class _Request:
    """Incident whose package is to be made. from_at, to_at: Unix seconds of the wanted video."""

    incident: IncidentReport
    camera: "RecordedCamera"
    from_at: float
    to_at: float


@dataclass(frozen=True)
class RecordedCamera:
    """Camera whose incidents become packages. geometry: name and hash of its file when it was read."""

    config: CameraConfig
    ring: PacketRing
    geometry: dict[str, Any] | None
    request: Callable[["RecordedCamera", IncidentReport], None]

    def observe(self, event: object) -> None:
        """Take an event that was emitted; an incident that was raised is recorded."""
        if isinstance(event, IncidentReport) and event.phase is IncidentPhase.RAISED:
            self.request(self, event)


def open_recorder(config: Config) -> "EvidenceRecorder | None":
    """Return the recorder of a city; None where the configuration does not permit it."""
    return EvidenceRecorder(config) if config.evidence.enabled else None


class EvidenceRecorder:
    """Recorder of a worker. Its thread seals packages and destroys old ones; nothing waits for it."""

    def __init__(self, config: Config) -> None:
        self._settings = config.evidence
        self._snapshots = config.data_dir / "snapshots"
        self._folder = config.data_dir / "evidence"
        self._model = hashed_source(local_weights(config.weights))
        self._places = {site.id: site.position for site in config.sites}
        self._waiting: deque[_Request] = deque()

    def camera(self, camera: CameraConfig) -> RecordedCamera:
        """Return the part of a camera."""
        return RecordedCamera(
            camera, PacketRing(self._settings.before_s), hashed_source(camera.geometry), self._request
        )

    def _request(self, camera: RecordedCamera, incident: IncidentReport) -> None:
        at = incident.detected_at.timestamp()
        request = _Request(incident, camera, at - self._settings.before_s, at + self._settings.after_s)
        if len(self._waiting) >= MAX_WAITING:
            log.error("no package of evidence: too many incidents wait", incident=incident.incident_id)
            return
        camera.ring.reserve(request.from_at)
        self._waiting.append(request)

    def run(self, stop: Flag) -> None:
        """Make packages until `stop`; then those that wait, with the video that has arrived.

        Raises UserError and OSError where packages cannot be stored; incidents whose time has passed are then dropped.
        """
        try:
            store = EvidenceStore(self._folder)
            store.recover()
        except Exception:
            for request in self._due(time.time()):
                log.error("no package of evidence was stored", incident=request.incident.incident_id)
                request.camera.ring.release(request.from_at)
            raise
        retention_at = 0.0
        while not stop.wait(POLL_S):
            self._seal_due(store, time.time())
            if time.monotonic() >= retention_at:
                self._apply_retention(store)
                retention_at = time.monotonic() + RETENTION_EVERY_S
        self._seal_due(store, float("inf"))

    def _due(self, now: float) -> Iterator[_Request]:
        """Remove and yield each waiting incident whose video has arrived, or is too late."""
        for _ in range(len(self._waiting)):
            request = self._waiting.popleft()
            if request.camera.ring.newest_at < request.to_at and now < request.to_at + LATE_S:
                self._waiting.append(request)
            else:
                yield request

    def _seal_due(self, store: EvidenceStore, now: float) -> None:
        for request in self._due(now):
            try:
                self._seal(store, request)
            except (UserError, OSError) as error:
                reason = without_credentials(str(error))
                log.error("no package of evidence was stored", incident=request.incident.incident_id, reason=reason)
            except Exception:
                log.exception("no package of evidence was stored", incident=request.incident.incident_id)
            finally:
                request.camera.ring.release(request.from_at)

    def _seal(self, store: EvidenceStore, request: _Request) -> None:
        incident, camera = request.incident, request.camera.config
        moment = incident.detected_at.timestamp()
        files = {"event.json": (incident.model_dump_json().encode(), "application/json")}
        snapshot = self._snapshots / f"{incident.snapshot}.jpg"
        if incident.snapshot is not None and snapshot.is_file():
            files = {"snapshot.jpg": (snapshot.read_bytes(), "image/jpeg"), **files}
        place = camera.position or self._places.get(camera.site or "")
        clip = None
        cut = request.camera.ring.cut(request.from_at, request.to_at, moment)
        if cut is not None:
            origin = None if place is None else (place.lat, place.lon)
            export = Export(camera.id, camera.name, platform.node(), ACTOR, time.time(), origin)
            clip, content = self._clip(request, cut, export)
            files = {CLIP_NAME: (content, "video/mp4"), **files} if content else files
        store.seal(
            Draft(
                incident.incident_id,
                files,
                camera={
                    "id": camera.id,
                    "name": camera.name,
                    "owner": camera.owner,
                    "lat": None if place is None else place.lat,
                    "lon": None if place is None else place.lon,
                },
                recorder={"software": "simpang", "version": version("simpang"), "machine": platform.node()},
                clock={
                    "source": "clock of the machine at the arrival of packets, times of the stream between them",
                    "offset_s": None,
                    "offset_source": clock_accuracy(),
                },
                clip=clip,
                model=self._model,
                geometry=request.camera.geometry,
                gaps=gaps_of(request.from_at, request.to_at, None if cut is None or clip is None else cut.packets),
            ),
            actor=ACTOR,
            reason=f"incident: {incident.type}",
        )

    def _clip(self, request: _Request, cut: Cut, export: Export) -> tuple[dict[str, Any] | None, bytes]:
        """Return description and content of a clip; None where it cannot be made, so that the rest is sealed."""
        try:
            content, described = clip_file(cut.format, cut.packets, export)
        except (FFmpegError, ClipDiffers) as error:
            log.error("a clip of evidence cannot be made", incident=request.incident.incident_id, reason=str(error))
            return None, b""
        wanted = {"wanted_from_at": _text(request.from_at), "wanted_to_at": _text(request.to_at)}
        return described | wanted, content

    def _apply_retention(self, store: EvidenceStore) -> None:
        """Destroy packages that are too old, and the oldest beyond the space. Those under legal hold do not count."""
        oldest_kept = utc_text(datetime.now(UTC) - timedelta(days=self._settings.keep_days))
        packages = store.packages()
        sizes = {package_id: _size(store.path_of(package_id)) for package_id in packages}
        held = sum(size for package_id, size in sizes.items() if packages[package_id].is_held)
        space = self._settings.max_mb * BYTES_PER_MB
        if held and sum(sizes.values()) > space:
            log.warning("packages under legal hold take space beyond max_mb", held_mb=round(held / BYTES_PER_MB))
        excess = sum(sizes.values()) - held - space
        for package_id, state in packages.items():
            is_old = state.created_at < oldest_kept
            if state.is_held or not (is_old or excess > 0):
                continue
            reason = f"older than {self._settings.keep_days:g} days" if is_old else "no space for more packages"
            try:
                store.destroy(package_id, actor=ACTOR, reason=reason)
            except UserError:  # held or destroyed by another process meanwhile
                continue
            excess -= sizes.get(package_id, 0)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _text(at: float) -> str:
    return utc_text(datetime.fromtimestamp(at, UTC))
