"""Sealing is atomic: whenever it is killed, there is the whole package or none, and the log agrees after recovery."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from structlog.testing import capture_logs

from pipelines.errors import UserError
from pipelines.evidence.sealing import PACKAGE_SUFFIX, EvidenceStore
from pipelines.evidence.verifier.container import MANIFEST_NAME
from pipelines.evidence.verifier.strict_json import canonical
from pipelines.evidence.verifier.verify_command import verify
from tests.support.evidence import draft, sealed

KILLS = 12
"""Kills here; `KILLS=200` in the environment for the whole. Each is a process of its own."""

SEALER = """
import sys
from pathlib import Path
from pipelines.evidence.sealing import EvidenceStore
from dataclasses import replace
from tests.support.evidence import draft
store, made = EvidenceStore(Path(sys.argv[1])), draft("", clip_bytes=2_000_000)
print("ready", flush=True)
for number in range(10_000):
    store.seal(replace(made, package_id=f"{sys.argv[2]}-{number}"), actor="worker-1")
"""


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path)


@pytest.mark.integration
def test_a_kill_leaves_whole_packages_and_a_log_that_agrees(store: EvidenceStore, tmp_path: Path) -> None:
    rng = random.Random(3)
    killed_within = 0
    for number in range(int(os.environ.get("KILLS", KILLS))):
        command = [sys.executable, "-c", SEALER, str(tmp_path), f"k{number}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            time.sleep(rng.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
        killed_within += any(tmp_path.glob(".*.part"))
        packages = list(tmp_path.glob(f"*{PACKAGE_SUFFIX}"))
        assert all(verify(path, [store.keyring.public_file]).exit_status == 0 for path in packages)
        store.recover()
        assert set(store.packages()) == {path.name.removesuffix(PACKAGE_SUFFIX) for path in packages}
        assert not list(tmp_path.glob(".*.part"))
        for path in packages:
            store.destroy(path.name.removesuffix(PACKAGE_SUFFIX), actor="test", reason="space")
    assert killed_within


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_before_the_log_leaves_nothing(
    store: EvidenceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise fault

    monkeypatch.setattr(store.log, "append", fail)
    with pytest.raises(type(fault)):
        sealed(store, "p0")
    assert not [*tmp_path.glob("*.zip"), *tmp_path.glob(".*.part")]


def test_an_entry_whose_package_was_never_stored_is_ended_by_recovery(store: EvidenceStore) -> None:
    path = sealed(store, "p0")
    path.unlink()
    store.recover()
    assert [entry["action"] for entry in store.log.entries("p0")] == ["created", "destroyed"]
    assert store.packages() == {}


def test_a_package_whose_destruction_was_interrupted_is_removed_by_recovery(store: EvidenceStore) -> None:
    path = sealed(store, "p0")
    content = path.read_bytes()
    store.destroy("p0", actor="retention", reason="30 days")
    path.write_bytes(content)
    store.recover()
    assert not path.exists()


def test_recovery_deletes_no_package_that_the_log_does_not_state_as_destroyed(
    store: EvidenceStore, tmp_path: Path
) -> None:
    """The log was replaced by an older copy; the packages are held, and one is missing for a while."""
    older = {path: path.read_bytes() for path in tmp_path.glob("custody.*")}
    unknown = sealed(store, "p0")
    content = unknown.read_bytes()
    for path, before in older.items():
        path.write_bytes(before)
    for path in set(tmp_path.glob("custody.*")) - set(older):
        path.unlink()
    held = sealed(store, "p1")
    store.act("held", "p1", actor="jaksa", reason="perkara 7")
    moved = held.rename(tmp_path / "moved")
    with capture_logs() as logged:
        store.recover()
    assert [line["log_level"] for line in logged] == ["error", "error"]
    assert unknown.read_bytes() == content and store.state_of("p1").is_held
    moved.rename(held)
    store.recover()
    assert held.exists() and store.state_of("p1").is_held
    with pytest.raises(UserError, match="another id"):
        sealed(store, "p0", seed=1)
    assert unknown.read_bytes() == content


def test_a_held_package_is_destroyed_after_its_release_alone(store: EvidenceStore) -> None:
    path = sealed(store, "p0")
    store.act("held", "p0", actor="jaksa", reason="perkara 7")
    with pytest.raises(UserError, match="legal hold"):
        store.destroy("p0", actor="retention", reason="30 days")
    store.act("released", "p0", actor="jaksa", reason="putusan")
    store.destroy("p0", actor="retention", reason="30 days")
    assert not path.exists()
    with pytest.raises(UserError, match="no such package"):
        store.act("viewed", "p0", actor="budi")


def test_a_key_is_not_replaced_while_a_package_is_sealed(
    store: EvidenceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the package would be signed with the old key after the end of its period."""
    rotating = Thread(target=store.rotate_key)
    right = store.keyring.sign

    def rotate_before(*arguments: Any) -> dict[str, Any]:
        rotating.start()
        rotating.join(0.3)
        assert rotating.is_alive()
        return right(*arguments)

    monkeypatch.setattr(store.keyring, "sign", rotate_before)
    path = sealed(store, "p0")
    rotating.join()
    assert verify(path, [store.keyring.public_file]).exit_status == 0
    assert len(json.loads(store.keyring.public_file.read_bytes())["keys"]) == 2


def test_a_package_is_never_replaced(store: EvidenceStore) -> None:
    before = sealed(store, "p0").read_bytes()
    with pytest.raises(UserError, match="another id"):
        sealed(store, "p0", seed=1)
    assert store.path_of("p0").read_bytes() == before


@pytest.mark.parametrize("package_id", ["../p", "a/b", "", ".p"])
def test_an_id_that_is_a_path_is_refused(store: EvidenceStore, tmp_path: Path, package_id: str) -> None:
    with pytest.raises(UserError, match="package_id"):
        store.seal(draft(package_id), actor="worker-1")
    assert not list(tmp_path.parent.glob("*.zip"))


def test_the_manifest_is_the_first_file(store: EvidenceStore) -> None:
    assert sealed(store, "p0").read_bytes()[30 : 30 + len(MANIFEST_NAME)] == MANIFEST_NAME.encode()


def test_a_clock_that_was_set_back_makes_no_clean_package_invalid(store: EvidenceStore, tmp_path: Path) -> None:
    """Its clip ends after the time that the clock shows when it is sealed."""
    made = draft("p0")
    assert made.clip is not None
    path = store.seal(replace(made, clip={**made.clip, "end_at": "2999-01-01T00:00:00.000Z"}), actor="worker-1")
    later = sealed(store, "p1")
    for package in (path, later):
        proof = tmp_path / "proof.json"
        proof.write_bytes(canonical(store.log.prove(package.name.removesuffix(PACKAGE_SUFFIX), store.keyring)))
        assert verify(package, [store.keyring.public_file], proof=proof).findings == ()
