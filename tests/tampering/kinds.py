"""Kinds of tampering with a package, each at a random place. None needs the signing key."""

import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pipelines.evidence.verifier.container import read_zip, zip_parts
from pipelines.evidence.verifier.signatures import MANIFEST_CONTEXT, key_id_of, signed_part
from pipelines.evidence.verifier.strict_json import canonical

Files = dict[str, bytes]
"""Content of each file of a package."""


def files_of(package: bytes) -> Files:
    return {name: bytes(content) for name, content in read_zip(memoryview(package), "package").files.items()}


def packed(files: Mapping[str, bytes]) -> bytes:
    """The package of these files, in the valid form."""
    return b"".join(zip_parts({name: memoryview(content) for name, content in files.items()}))


def flipped(rng: random.Random, package: bytes, other: bytes) -> bytes:
    changed = bytearray(package)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut_out(rng: random.Random, package: bytes, other: bytes) -> bytes:
    at = rng.randrange(len(package))
    return package[:at] + package[at + rng.randint(1, 200) :]


def truncated(rng: random.Random, package: bytes, other: bytes) -> bytes:
    return package[: rng.randrange(len(package))]


def inserted(rng: random.Random, package: bytes, other: bytes) -> bytes:
    at = rng.randint(0, len(package))
    return package[:at] + rng.randbytes(rng.randint(1, 50)) + package[at:]


def file_removed(rng: random.Random, package: bytes, other: bytes) -> bytes:
    files = files_of(package)
    del files[rng.choice(list(files))]
    return packed(files)


def files_reordered(rng: random.Random, package: bytes, other: bytes) -> bytes:
    files = list(files_of(package).items())
    at, to = rng.sample(range(len(files)), 2)
    files[at], files[to] = files[to], files[at]
    return packed(dict(files))


def file_added(rng: random.Random, package: bytes, other: bytes) -> bytes:
    name = rng.choice(
        ["../clip.mp4", "/etc/passwd", "a/b", "C:\\x", "notes.txt", ".x", "Manifest.json", "clip.mp4.", "nul"]
    )
    return packed(files_of(package) | {name: rng.randbytes(20)})


def file_twice(rng: random.Random, package: bytes, other: bytes) -> bytes:
    out = io.BytesIO()
    files = files_of(package)
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in [*files.items(), ("clip.mp4", files_of(other)["clip.mp4"])]:
            archive.filelist = [entry for entry in archive.filelist if entry.filename != name]
            archive.NameToInfo.pop(name, None)
            archive.writestr(name, content)
    return out.getvalue()


def compressed(rng: random.Random, package: bytes, other: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files_of(package).items():
            archive.writestr(name, content if name != "clip.mp4" else bytes(200_000))
    return out.getvalue()


def repacked(rng: random.Random, package: bytes, other: bytes) -> bytes:
    """The same files from another program for ZIP files, in which data could be hidden."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files_of(package).items():
            archive.writestr(name, content)
        archive.comment = rng.randbytes(3)
    return out.getvalue()


def other_package(rng: random.Random, package: bytes, other: bytes) -> bytes:
    return other


def file_of_other(rng: random.Random, package: bytes, other: bytes) -> bytes:
    name = rng.choice(list(files_of(package)))
    return packed(files_of(package) | {name: files_of(other)[name]})


def video_reordered(rng: random.Random, package: bytes, other: bytes) -> bytes:
    files = files_of(package)
    clip = files["clip.mp4"]
    first, second = (gop["first_byte"] for gop in json.loads(files["manifest.json"])["clip"]["gops"][:2])
    size = second - first
    files["clip.mp4"] = clip[:first] + clip[second : second + size] + clip[first:second] + clip[second + size :]
    return packed(files)


def _with_manifest(package: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    files = files_of(package)
    manifest = json.loads(files["manifest.json"])
    change(manifest)
    return packed(files | {"manifest.json": canonical(manifest)})


def field_changed(rng: random.Random, package: bytes, other: bytes) -> bytes:
    """Any one value of the manifest, with valid and invalid values."""

    def change(manifest: dict[str, Any]) -> None:
        at: Any = manifest
        while True:
            key = rng.choice(list(at) if isinstance(at, dict) else range(len(at)))
            if not (isinstance(at[key], dict | list) and at[key]) or rng.random() < 0.1:
                break
            at = at[key]
        values = ["2020-01-01T00:00:00.000Z", 0, 2**53 - 1, -1, None, True, "", "ab" * 32, [], {}, 0.5, "x\u202ey"]
        at[key] = rng.choice([value for value in values if value != at[key]])

    return _with_manifest(package, change)


def field_removed(rng: random.Random, package: bytes, other: bytes) -> bytes:
    return _with_manifest(package, lambda manifest: manifest.pop(rng.choice(list(manifest))))


def gop_list_changed(rng: random.Random, package: bytes, other: bytes) -> bytes:
    def change(manifest: dict[str, Any]) -> None:
        gops = manifest["clip"]["gops"]
        rng.choice([gops.reverse, gops.clear, gops.pop, lambda: gops.append(gops[0])])()

    return _with_manifest(package, change)


def back_dated(rng: random.Random, package: bytes, other: bytes) -> bytes:
    def change(manifest: dict[str, Any]) -> None:
        manifest["sealed_at"] = f"2026-01-02T11:{rng.randrange(60):02}:00.000Z"

    return _with_manifest(package, change)


def algorithm_changed(rng: random.Random, package: bytes, other: bytes) -> bytes:
    algorithm = rng.choice(["none", "ed25519", "RS256", "HS256", "", "Ed448", "\x1b[2J"])
    return _with_manifest(package, lambda manifest: manifest["signing"].update(algorithm=algorithm))


def foreign_key(rng: random.Random, package: bytes, other: bytes) -> bytes:
    """Signed again with another key, which may claim the id of the right one."""
    key = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
    public_key = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def change(manifest: dict[str, Any]) -> None:
        manifest["sealed_at"] = "2026-01-02T12:00:00.000Z"
        manifest["signing"]["public_key"] = public_key.hex()
        if rng.random() < 0.5:
            manifest["signing"]["key_id"] = key_id_of(public_key)
        manifest["signature"] = key.sign(signed_part(manifest, MANIFEST_CONTEXT)).hex()

    return _with_manifest(package, change)


def json_twisted(rng: random.Random, package: bytes, other: bytes) -> bytes:
    """A manifest that a tolerant reader takes for the same or another."""
    files = files_of(package)
    text = files["manifest.json"]
    files["manifest.json"] = rng.choice(
        [
            text.replace(b'{"', b'{"format":"simpang-evidence/1","', 1),
            text.replace(b":", b": ", 1),
            text + b"\n",
            b"\xef\xbb\xbf" + text,
            text.replace(b'"frames":375', b'"frames":' + b"9" * rng.randint(17, 100_000)),
            text.replace(b'"frames":375', b'"frames":3.75e2'),
            text.replace(b'"frames":375', b'"frames":NaN'),
            text.replace(b"simpang-1", b"simpang\\u002d1"),
            b"[" * rng.randint(1000, 200_000),
            text.replace(b"null", b'"\\ud800"', 1),
            b"",
            b"null",
        ]
    )
    return packed(files)


KINDS = (
    flipped,
    flipped,
    flipped,
    cut_out,
    truncated,
    inserted,
    file_removed,
    files_reordered,
    file_added,
    file_twice,
    compressed,
    repacked,
    other_package,
    file_of_other,
    video_reordered,
    field_changed,
    field_changed,
    field_removed,
    gop_list_changed,
    back_dated,
    algorithm_changed,
    foreign_key,
    json_twisted,
)
"""Kinds of tampering; the wide ones more often."""
