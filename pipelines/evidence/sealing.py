"""Sealing of packages of evidence: all files, their signed manifest and their entry in the log, or nothing."""

import errno
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import structlog

from pipelines.atomic_file import replacing
from pipelines.bus.disk_reserve import require_space
from pipelines.errors import UserError
from pipelines.evidence.custody_log import CustodyLog
from pipelines.evidence.keyring import Keyring, locked
from pipelines.evidence.verifier.container import MANIFEST_NAME, MAX_PACKAGE_BYTES, zip_parts
from pipelines.evidence.verifier.package_check import MANIFEST_FORMAT
from pipelines.evidence.verifier.shapes import MANIFEST, wrong_fields
from pipelines.evidence.verifier.signatures import MANIFEST_CONTEXT
from pipelines.evidence.verifier.strict_json import canonical

log = structlog.get_logger()

PACKAGE_SUFFIX = ".evidence.zip"
"""End of the name of a package; before it stands the id."""

KEYS_FOLDER = "keys"
"""Folder of the keyring within the folder of evidence."""


@dataclass(frozen=True)
class Draft:
    """Package before it is sealed. files: content and media type by name. The others are fields of the manifest.

    clip: description of the clip; None without. parent_sha256: manifest of the original of a redacted copy.
    """

    package_id: str
    files: Mapping[str, tuple[bytes, str]]
    camera: Mapping[str, Any]
    recorder: Mapping[str, Any]
    clock: Mapping[str, Any]
    clip: Mapping[str, Any] | None = None
    model: Mapping[str, Any] | None = None
    geometry: Mapping[str, Any] | None = None
    gaps: tuple[Mapping[str, Any], ...] = field(default=())
    parent_sha256: str | None = None


@dataclass(frozen=True)
class PackageState:
    """State of a stored package. created_at: time of its entry in the log."""

    created_at: str
    manifest_sha256: str
    is_held: bool = False


class EvidenceStore:
    """Packages of evidence in a folder, with their keyring and log. Processes of one machine may share it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._sealing, self._acts = folder / "sealing.lock", folder / "acts.lock"
        self.keyring = Keyring(folder / KEYS_FOLDER)
        self.log = CustodyLog(folder)

    def path_of(self, package_id: str) -> Path:
        """Return the place of a package."""
        return self._folder / f"{package_id}{PACKAGE_SUFFIX}"

    def seal(self, draft: Draft, *, actor: str, reason: str = "") -> Path:
        """Store a package and return its path.

        After a kill or a power cut the folder contains the whole package, or none. Raises UserError for a draft that
        no manifest can describe, and OSError.
        """
        path = self.path_of(draft.package_id)
        if self.log.entries(draft.package_id) or path.exists():
            raise UserError(f"{path.name}: there was a package with this id; give another id")
        contents = {name: memoryview(content) for name, (content, _) in draft.files.items()}
        size = sum(len(content) for content in contents.values())
        require_space(self._folder, size)
        with locked(self._sealing, shared=True):
            sealed_at = max(self.log.earliest_time(), "" if draft.clip is None else str(draft.clip["end_at"]))
            manifest = self._manifest(draft, sealed_at)
            if size > MAX_PACKAGE_BYTES - len(manifest) - 4096:
                raise OSError(errno.EFBIG, "the package is too large", str(path))
            with replacing(path) as package:
                with package.open("wb") as file:
                    file.writelines(zip_parts({MANIFEST_NAME: memoryview(manifest), **contents}))
                digest = hashlib.sha256(manifest).hexdigest()
                self.log.append("created", draft.package_id, digest, actor=actor, reason=reason, since=sealed_at)
        return path

    def rotate_key(self) -> str:
        """Replace the key that signs and return the id of the new one; waits for packages that are being sealed."""
        with locked(self._sealing):
            return self.log.rotate_key(self.keyring)

    def act(self, action: str, package_id: str, *, actor: str, reason: str = "") -> None:
        """Add an act on a package to the log. Raises UserError for an unknown or destroyed package."""
        with locked(self._acts):
            state = self.state_of(package_id)
            self.log.append(action, package_id, state.manifest_sha256, actor=actor, reason=reason)

    def destroy(self, package_id: str, *, actor: str, reason: str) -> None:
        """Remove a package, which its log proves. Raises UserError for an unknown or held package."""
        with locked(self._acts):
            state = self.state_of(package_id)
            if state.is_held:
                raise UserError(f"{package_id}: the package is under legal hold; release it first")
            self.log.append("destroyed", package_id, state.manifest_sha256, actor=actor, reason=reason)
            self.path_of(package_id).unlink(missing_ok=True)

    def packages(self) -> dict[str, PackageState]:
        """Return the state of each package that was not destroyed, by id, the oldest first."""
        return _states(self.log.entries())

    def state_of(self, package_id: str) -> PackageState:
        """Return the state of a package. Raises UserError for an unknown or destroyed one."""
        state = _states(self.log.entries(package_id)).get(package_id)
        if state is None:
            raise UserError(f"{package_id}: there is no such package of evidence; check the id")
        return state

    def recover(self) -> None:
        """Complete what a kill interrupted: remove drafts and destroyed packages, log missing ones as destroyed.

        A file that the log does not know, and a package under legal hold without a file, are logged as errors and left
        as they are. Does nothing while another process seals a package.
        """
        with suppress(BlockingIOError), locked(self._sealing, wait=False):
            for path in self._folder.glob(f".*{PACKAGE_SUFFIX}.*.part"):
                path.unlink(missing_ok=True)
            entries = self.log.entries()
            known, logged = _states(entries), {entry["package_id"] for entry in entries}
            for package_id, state in known.items():
                if self.path_of(package_id).exists():
                    continue
                if state.is_held:
                    log.error("a package under legal hold is missing; restore its file from a copy", package=package_id)
                else:
                    digest, reason = state.manifest_sha256, "no package was stored: interrupted, or removed"
                    self.log.append("destroyed", package_id, digest, actor="recovery", reason=reason)
            for path in self._folder.glob(f"*{PACKAGE_SUFFIX}"):
                package_id = path.name.removesuffix(PACKAGE_SUFFIX)
                if package_id not in logged:
                    log.error("the log of custody has no entry of a package; restore the log", path=str(path))
                elif package_id not in known:
                    path.unlink()

    def _manifest(self, draft: Draft, sealed_at: str) -> bytes:
        document = {
            "format": MANIFEST_FORMAT,
            "package_id": draft.package_id,
            "kind": "original" if draft.parent_sha256 is None else "redacted",
            "parent_sha256": draft.parent_sha256,
            "sealed_at": sealed_at,
            "camera": draft.camera,
            "recorder": draft.recorder,
            "clock": draft.clock,
            "model": draft.model,
            "geometry": draft.geometry,
            "clip": draft.clip,
            "gaps": list(draft.gaps),
            "files": list(_listed(draft.files)),
        }
        signed = self.keyring.sign(document, MANIFEST_CONTEXT)
        faults = wrong_fields(signed, MANIFEST)
        if faults:
            raise UserError(f"package {draft.package_id}: {', '.join(faults)}: no value that a manifest can contain")
        return canonical(signed)


def _states(entries: list[dict[str, Any]]) -> dict[str, PackageState]:
    found: dict[str, PackageState] = {}
    for entry in entries:
        package_id, action = entry["package_id"], entry["action"]
        if action == "created":
            found[package_id] = PackageState(entry["at"], entry["manifest_sha256"])
        elif action == "destroyed":
            found.pop(package_id, None)
        elif action in {"held", "released"} and package_id in found:
            found[package_id] = replace(found[package_id], is_held=action == "held")
    return found


def _listed(files: Mapping[str, tuple[bytes, str]]) -> Iterator[dict[str, Any]]:
    for name, (content, media_type) in files.items():
        digest = hashlib.sha256(content).hexdigest()
        yield {"name": name, "media_type": media_type, "bytes": len(content), "sha256": digest}
