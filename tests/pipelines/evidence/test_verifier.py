"""The verifier: what is wrong and where, in both languages; attacks on the container and on custody."""

import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from pipelines.evidence.sealing import EvidenceStore
from pipelines.evidence.verifier.container import LOCAL_HEADER, read_zip
from pipelines.evidence.verifier.custody_check import check_custody
from pipelines.evidence.verifier.findings import TEXTS, UNDECIDED, Verdict
from pipelines.evidence.verifier.package_check import check_package
from pipelines.evidence.verifier.signatures import read_keys
from pipelines.evidence.verifier.strict_json import canonical
from pipelines.evidence.verifier.verify_command import main, report, verify
from tests.support.evidence import sealed
from tests.tampering.kinds import files_of, packed


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> EvidenceStore:
    made = EvidenceStore(tmp_path_factory.mktemp("evidence"))
    for number in range(3):
        sealed(made, f"p{number}", seed=number)
    return made


@pytest.fixture
def package(store: EvidenceStore, tmp_path: Path) -> Path:
    return Path(shutil.copy(store.path_of("p1"), tmp_path))


def codes(verdict: Verdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


def test_a_clean_package_is_intact_also_in_a_folder_and_behind_a_link(store: EvidenceStore, package: Path) -> None:
    keys = [store.keyring.public_file]
    folder, link = package.with_name("p1.evidence"), package.with_name("link")
    zipfile.ZipFile(package).extractall(folder)
    link.symlink_to(package)
    again = Path(shutil.copy(package, package.with_name("p1.evidence (2).zip")))
    for path in (package, folder, link, again):
        verdict = verify(path, keys)
        assert (verdict.findings, verdict.exit_status) == ((), 0), path
    assert "UTUH" in report(verdict) and "INTACT" in report(verdict) and "p1" in report(verdict)


def test_without_a_key_the_signature_proves_nothing(store: EvidenceStore, package: Path) -> None:
    verdict = verify(package)
    assert (codes(verdict), verdict.exit_status) == (["no-key"], 2)
    assert "siapa pun dapat membuatnya" in report(verdict) and "anyone can make such a package" in report(verdict)


def test_a_pem_file_is_a_key_and_another_key_is_not_trusted(
    store: EvidenceStore, package: Path, tmp_path: Path
) -> None:
    (entry,) = json.loads(store.keyring.public_file.read_bytes())["keys"]
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(entry["public_key"]))
    pem = tmp_path / "key.pem"
    pem.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert verify(package, [pem]).exit_status == 0
    other = EvidenceStore(tmp_path / "other").keyring.public_file
    assert codes(verify(package, [other])) == ["key-unknown"]
    pem.write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    assert verify(package, [pem]).exit_status == verify(package, [tmp_path / "absent"]).exit_status == 2


def test_a_key_is_trusted_within_its_period_alone(store: EvidenceStore, package: Path, tmp_path: Path) -> None:
    keyring = json.loads(store.keyring.public_file.read_bytes())
    keyring["keys"][0]["not_after"] = "2020-01-01T00:00:00.000Z"
    expired = tmp_path / "keyring.json"
    expired.write_bytes(canonical(keyring))
    assert codes(verify(package, [expired])) == ["key-period"]


def test_the_place_of_a_change_in_the_video_is_stated(store: EvidenceStore, package: Path) -> None:
    files = files_of(package.read_bytes())
    gop = json.loads(files["manifest.json"])["clip"]["gops"][1]
    clip = bytearray(files["clip.mp4"])
    clip[gop["first_byte"] + 5] ^= 1
    package.write_bytes(packed(files | {"clip.mp4": bytes(clip)}))
    text = report(verify(package, [store.keyring.public_file]))
    assert "GOP 2" in text and gop["start_at"] in text and "GOP 1" not in text
    assert "bagian video ini diubah" in text and "this part of the video was changed" in text


def test_another_package_under_the_same_name_is_found(store: EvidenceStore, package: Path) -> None:
    keys = [store.keyring.public_file]
    shutil.copy(store.path_of("p2"), package)
    assert codes(verify(package, keys)) == ["other-package"]
    neutral = package.rename(package.with_name("bukti.zip"))
    assert verify(neutral, keys).exit_status == 0
    assert codes(verify(neutral, keys, expected_id="p1")) == ["other-package"]


def _symlinked(folder: Path) -> None:
    (folder / "snapshot.jpg").rename(folder.parent / "moved.jpg")
    (folder / "snapshot.jpg").symlink_to(folder.parent / "moved.jpg")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_symlinked, "file-kind"),
        (lambda folder: (folder / "sub").mkdir(), "file-kind"),
        (lambda folder: os.mkfifo(folder / "pipe"), "file-kind"),
        (lambda folder: (folder / "more.txt").touch(), "file-extra"),
        (lambda folder: (folder / "new\n\x1b[2Jline").touch(), "file-name"),
        (lambda folder: (folder / "event.json").unlink(), "file-missing"),
        (lambda folder: (folder / "manifest.json").unlink(), "file-missing"),
        (lambda folder: [(folder / f"f{number}").touch() for number in range(50)], "file-extra"),
        (lambda folder: (folder / "clip.mp4").write_bytes(b""), "size"),
    ],
)
def test_attacks_on_a_folder(store: EvidenceStore, package: Path, change: Callable[[Path], object], code: str) -> None:
    folder = package.with_name("p1.evidence")
    zipfile.ZipFile(package).extractall(folder)
    change(folder)
    verdict = verify(folder, [store.keyring.public_file])
    assert code in codes(verdict) and verdict.exit_status == 1
    assert "\x1b" not in report(verdict) and len(report(verdict).splitlines()) < 80


@pytest.mark.parametrize("name", ["../clip.mp4", "/clip.mp4", "a\\b", "C:x", ".x", "x.", "", "x" * 200])
def test_a_name_with_a_path_is_refused(store: EvidenceStore, package: Path, name: str) -> None:
    package.write_bytes(packed({name: b"x"} | files_of(package.read_bytes())))
    verdict = verify(package, [store.keyring.public_file])
    assert "file-name" in codes(verdict) and verdict.exit_status == 1


def test_a_zip_bomb_is_refused_without_being_unpacked(store: EvidenceStore, package: Path) -> None:
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", bytes(50_000_000))
    assert codes(verify(package, [store.keyring.public_file])) == ["packed"]
    huge = LOCAL_HEADER.pack(b"PK\x03\x04", 20, 0, 0, 0, 0x21, 0, 2**32 - 1, 2**32 - 1, 13, 0) + b"manifest.json"
    package.write_bytes(huge)
    assert codes(verify(package, [store.keyring.public_file])) == ["zip"]


@given(data=st.binary(max_size=300))
def test_any_bytes_are_judged_without_an_error(store: EvidenceStore, data: bytes) -> None:
    keys, _ = read_keys(store.keyring.public_file.read_bytes(), "keys")
    for content in (data, b"PK\x03\x04" + data, packed({"manifest.json": data})):
        _, findings = check_package(read_zip(memoryview(content), "x"), keys)
        assert findings and all(finding.text() for finding in findings)
    assert check_custody(data, None, None, keys, data)[0]
    read_keys(data, "keys"), read_keys(b"{" + data, "keys"), read_keys(b"-----BEGIN PUBLIC KEY-----" + data, "keys")


@given(path=st.data())
def test_any_value_in_any_field_is_judged_without_an_error(store: EvidenceStore, path: st.DataObject) -> None:
    files = files_of(store.path_of("p1").read_bytes())
    manifest = at = json.loads(files["manifest.json"])
    while True:
        key = path.draw(st.sampled_from(list(at) if isinstance(at, dict) else list(range(len(at)))))
        if not (isinstance(at[key], dict | list) and at[key]) or path.draw(st.booleans()):
            break
        at = at[key]
    before = at[key]
    at[key] = path.draw(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e9, 1e9) | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=4,
        )
    )
    keys, _ = read_keys(store.keyring.public_file.read_bytes(), "keys")
    changed = packed(files | {"manifest.json": canonical(manifest)})
    _, findings = check_package(read_zip(memoryview(changed), "x"), keys)
    assert bool(findings) == (canonical(at[key]) != canonical(before))


def test_custody_is_proven_until_destruction(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "store")
    for number in range(6):
        path = sealed(store, f"p{number}", seed=number)
    keys, proof, witness = [store.keyring.public_file], tmp_path / "proof", tmp_path / "witness"
    seen = store.log.checkpoint(store.keyring)
    witness.write_bytes(canonical(seen))
    store.act("exported", "p5", actor="budi", reason="LP/12/2026")
    store.keyring.rotate(store.log.earliest_time())
    copy = Path(shutil.copy(path, tmp_path))
    store.destroy("p5", actor="retention", reason="30 days")
    proof.write_bytes(canonical(store.log.prove("p5", store.keyring, since=seen["size"])))
    assert not path.exists()
    for package, headline in ((copy, "INTACT"), (None, "VALID PROOF")):
        verdict = verify(package, keys, expected_id="p5", proof=proof, checkpoint=witness)
        assert verdict.exit_status == 0 and headline in report(verdict) and "package: p5" in report(verdict)
        assert re.search(r"exported: budi \(LP/12/2026\)\n.*destroyed: retention \(30 days\)", report(verdict))
    assert ("INTACT" in report(verdict), "UTUH" in report(verdict)) == (False, False), "no package was examined"
    assert "proof-other" in codes(verify(None, keys, expected_id="p4", proof=proof))
    nameless = verify(None, keys, proof=proof, checkpoint=witness)
    assert (codes(nameless), nameless.exit_status) == (["no-id"], 2)
    assert codes(verify(copy, keys, checkpoint=witness)) == ["no-proof"]
    other = tmp_path / "p4.evidence.zip"
    shutil.copy(store.path_of("p4"), other)
    assert "proof-other" in codes(verify(other, keys, proof=proof, checkpoint=witness))


def test_a_package_that_was_destroyed_without_an_export_cannot_be_there(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path / "store")
    copy = Path(shutil.copy(sealed(store, "p0"), tmp_path))
    store.destroy("p0", actor="retention", reason="30 days")
    proof = tmp_path / "proof"
    proof.write_bytes(canonical(store.log.prove("p0", store.keyring)))
    verdict = verify(copy, [store.keyring.public_file], proof=proof)
    assert (codes(verdict), verdict.exit_status) == (["destroyed"], 1)


def test_a_log_that_was_rolled_back_or_written_again_is_found_by_a_witness(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    store = EvidenceStore(folder)
    package = sealed(store, "p0")
    backup = {path: path.read_bytes() for path in folder.glob("custody.*")}
    store.act("exported", "p0", actor="budi", reason="x")
    store.act("viewed", "p0", actor="budi")
    seen, witness, proof = store.log.checkpoint(store.keyring), tmp_path / "witness", tmp_path / "proof"
    witness.write_bytes(canonical(seen))
    for path, content in backup.items():
        path.write_bytes(content)
    keys = [store.keyring.public_file]
    proof.write_bytes(canonical(store.log.prove("p0", store.keyring)))
    assert codes(verify(package, keys, proof=proof, checkpoint=witness)) == ["rollback"]
    for _ in range(3):
        store.act("viewed", "p0", actor="budi")
    proof.write_bytes(canonical(store.log.prove("p0", store.keyring, since=seen["size"])))
    assert codes(verify(package, keys, proof=proof, checkpoint=witness)) == ["witness-path"]
    proof.write_bytes(canonical(store.log.prove("p0", store.keyring)))
    assert codes(verify(package, keys, proof=proof, checkpoint=witness)) == ["witness-missing"]


def test_a_package_that_is_made_later_with_an_earlier_time_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator of the machine has the key, and may set its clock and edit its files."""
    folder = tmp_path / "store"
    store = EvidenceStore(folder)
    sealed(store, "p0")
    witness, proof = tmp_path / "witness", tmp_path / "proof"
    witness.write_bytes(canonical(store.log.checkpoint(store.keyring) | {}))
    seen = json.loads(witness.read_bytes())
    (folder / "custody.checkpoint").unlink()
    monkeypatch.setattr("pipelines.evidence.custody_log.utc_text", lambda time: "2026-01-02T11:00:00.000Z")
    monkeypatch.setattr("pipelines.evidence.custody_log.CustodyLog._latest", lambda self, lines: "")
    package = sealed(store, "p1")
    proof.write_bytes(canonical(store.log.prove("p1", store.keyring, since=seen["size"])))
    verdict = verify(package, [store.keyring.public_file], proof=proof, checkpoint=witness)
    assert codes(verdict) == ["back-dated"]
    assert "diberi tanggal mundur" in report(verdict) and "back-dated" in report(verdict)


def test_the_command_reports_in_ascii_and_by_exit_status(
    store: EvidenceStore, package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = str(store.keyring.public_file)
    assert [main([str(package), "--key", key]), main([str(package)]), main([str(package / "absent")])] == [0, 2, 2]
    package.write_bytes(package.read_bytes()[:-1])
    assert main([str(package), "--key", key]) == 1
    printed = capsys.readouterr().out
    assert printed.isascii() and "Jl. Sudirman" in printed
    assert main([]) == 2


def test_each_finding_has_both_languages_and_room_for_its_detail() -> None:
    assert set(TEXTS) >= UNDECIDED
    for indonesian, english in TEXTS.values():
        assert indonesian != english and indonesian.count("{}") == english.count("{}") <= 1
