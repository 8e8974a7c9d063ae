"""Checks of one package against its manifest, and of the manifest against the trusted keys."""

import hashlib
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from pipelines.evidence.verifier.container import MANIFEST_NAME, Contents
from pipelines.evidence.verifier.findings import Finding
from pipelines.evidence.verifier.shapes import MANIFEST, wrong_fields
from pipelines.evidence.verifier.signatures import MANIFEST_CONTEXT, TrustedKeys, check_signature
from pipelines.evidence.verifier.strict_json import NotCanonical, parse_canonical

MANIFEST_FORMAT = "simpang-evidence/1"
"""Value of `format` in manifests of this version."""

MAX_FIELDS = 20
"""Most wrong fields that are listed. [assumption]"""


class Sealed(NamedTuple):
    """What a package states about itself. manifest_sha256: of the file `manifest.json`. subject: lines for a reader."""

    package_id: str
    manifest_sha256: str
    sealed_at: str
    subject: tuple[str, ...] = ()


def check_package(
    contents: Contents, keys: TrustedKeys | None, expected_id: str | None = None
) -> tuple[Sealed | None, list[Finding]]:
    """Return what the package states about itself, None where its manifest cannot be used, and all faults.

    keys: trusted keys; None where none was given. expected_id: id that the package must have; None for any.
    """
    files, findings = contents.files, contents.findings
    document = files.get(MANIFEST_NAME)
    if document is None:
        return None, findings or [Finding("file-missing", MANIFEST_NAME)]
    manifest, faults = read_document(bytes(document), MANIFEST, MANIFEST_FORMAT, MANIFEST_NAME)
    if manifest is None:
        return None, [*findings, *faults]
    manifest_sha256 = hashlib.sha256(document).hexdigest()
    sealed = Sealed(manifest["package_id"], manifest_sha256, manifest["sealed_at"], _subject(manifest))
    found = [
        *findings,
        *check_signature(manifest, MANIFEST_CONTEXT, sealed.sealed_at, keys, MANIFEST_NAME),
        *_check_times(manifest),
        *_check_files(manifest, contents),
        *_check_gops(manifest["clip"], files),
    ]
    if expected_id not in (None, sealed.package_id):
        found.append(Finding("other-package", MANIFEST_NAME, sealed.package_id))
    if (manifest["kind"] == "redacted") != (manifest["parent_sha256"] is not None):
        found.append(Finding("field", f"{MANIFEST_NAME}: parent_sha256"))
    return sealed, found


def _subject(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a package is about, as lines."""
    camera, clip = manifest["camera"], manifest["clip"]
    gaps = [f"  celah / gap: {gap['from_at']} - {gap['to_at']} ({gap['cause']})" for gap in manifest["gaps"]]
    return (
        f"  paket / package: {manifest['package_id']} ({manifest['kind']})",
        f"  kamera / camera: {camera['id']}, {camera['name']}",
        f"  video: {'-' if clip is None else clip['start_at'] + ' - ' + clip['end_at']}",
        f"  disegel / sealed: {manifest['sealed_at']}",
        f"  kunci / key: {manifest['signing']['key_id']}",
        *gaps,
    )


def read_document(
    data: bytes, shape: Any, known_format: str, where: str
) -> tuple[dict[str, Any] | None, list[Finding]]:
    """Return a document of the shape and format; None and its faults where it is none."""
    try:
        document = parse_canonical(data)
    except NotCanonical as error:
        return None, [Finding(error.code, where if error.at is None else f"{where}, byte {error.at}")]
    stated = document.get("format") if isinstance(document, dict) else None
    if stated != known_format:
        return None, [Finding("format", where, repr(stated)[:80])]
    faults = [Finding("field", f"{where}: {path}") for path in wrong_fields(document, shape)[:MAX_FIELDS]]
    return (None, faults) if faults else (document, [])


def id_of_name(name: str) -> str | None:
    """Return the id of the package that a file name states; None for other names. A browser adds " (1)" to a name.

    >>> id_of_name("4f1c.evidence (1).zip"), id_of_name("4f1c.evidence.zip"), id_of_name("copy.zip")
    ('4f1c', '4f1c', None)
    """
    found = re.fullmatch(r"(.+)\.evidence(?: ?\([0-9]+\))?(?:\.zip)?(?: ?\([0-9]+\))?", name)
    return None if found is None else found[1]


def _check_times(manifest: Mapping[str, Any]) -> list[Finding]:
    """Return a fault for each pair of times that are out of order."""
    clip, sealed_at = manifest["clip"], manifest["sealed_at"]
    pairs = [(f"gaps[{number}]", gap["from_at"], gap["to_at"]) for number, gap in enumerate(manifest["gaps"])]
    if clip is not None:
        starts = [clip["start_at"], *(gop["start_at"] for gop in clip["gops"]), clip["end_at"], sealed_at]
        pairs += [("clip", begin, end) for begin, end in pairwise(starts)]
        pairs.append(("clip.wanted_to_at", clip["wanted_from_at"], clip["wanted_to_at"]))
    return [
        Finding("time-order", f"{MANIFEST_NAME}: {field}", f"{begin} > {end}")
        for field, begin, end in pairs
        if begin > end
    ]


def _check_files(manifest: Mapping[str, Any], contents: Contents) -> list[Finding]:
    files = contents.files
    listed = {entry["name"]: entry for entry in manifest["files"]}
    found = [Finding("file-extra", name) for name in files if name not in listed and name != MANIFEST_NAME]
    if len(listed) != len(manifest["files"]) or MANIFEST_NAME in listed:
        found.append(Finding("file-twice", f"{MANIFEST_NAME}: files"))
    for name, entry in listed.items():
        content = files.get(name)
        if content is None:
            found.append(Finding("file-missing", name))
        elif len(content) != entry["bytes"]:
            found.append(Finding("size", name, str(entry["bytes"])))
        elif hashlib.sha256(content).hexdigest() != entry["sha256"]:
            found.append(Finding("hash", name))
    if contents.is_ordered and not found and list(files) != [MANIFEST_NAME, *listed]:
        found.append(Finding("file-order", MANIFEST_NAME))
    return found


def _check_gops(clip: Mapping[str, Any] | None, files: Mapping[str, memoryview]) -> list[Finding]:
    """Return the faults of the clip's groups of pictures, each a range of bytes in the file."""
    if clip is None:
        return []
    name, at, found = clip["file"], 0, []
    content = files.get(name, memoryview(b""))
    for number, gop in enumerate(clip["gops"]):
        first, end = gop["first_byte"], gop["first_byte"] + gop["bytes"]
        if first < at or gop["bytes"] == 0 or end > len(content):
            found.append(Finding("gop-range", f"{name}, GOP {number + 1}, bytes {first}-{end}"))
        elif hashlib.sha256(content[first:end]).hexdigest() != gop["sha256"]:
            found.append(Finding("gop", f"{name}, GOP {number + 1}, bytes {first}-{end}", gop["start_at"]))
        at = max(at, end)
    if not clip["gops"] or sum(gop["frames"] for gop in clip["gops"]) != clip["frames"]:
        found.append(Finding("field", f"{MANIFEST_NAME}: clip.frames"))
    return found
