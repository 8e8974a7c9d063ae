"""Log of custody: entries survive damage of what follows from them, and times never fall."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.errors import UserError
from pipelines.evidence.custody_log import CustodyLog
from pipelines.evidence.keyring import Keyring
from pipelines.evidence.verifier.strict_json import canonical

DIGEST = "ab" * 32


@pytest.fixture
def log(tmp_path: Path) -> CustodyLog:
    made = CustodyLog(tmp_path)
    for number in range(5):
        made.append("created", f"p{number}", DIGEST, actor="worker-1")
    return made


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


def test_a_torn_entry_is_removed_and_the_next_takes_its_place(log: CustodyLog, tmp_path: Path) -> None:
    with (tmp_path / "custody.jsonl").open("ab") as file:
        file.write(b'{"action":"created","actor":"wor')
    assert log.append("viewed", "p1", DIGEST, actor="budi")["index"] == 5
    assert [entry["index"] for entry in log.entries()] == list(range(6))


@pytest.mark.parametrize("damage", ["missing", "cut", "longer", "other"])
def test_damaged_hashes_are_made_again(log: CustodyLog, keyring: Keyring, tmp_path: Path, damage: str) -> None:
    before, hashes = log.checkpoint(keyring), tmp_path / "custody.tree"
    content = hashes.read_bytes()
    changed = {"missing": b"", "cut": content[:-40], "longer": content + bytes(32), "other": content[:-64] + bytes(64)}
    hashes.write_bytes(changed[damage])
    assert log.checkpoint(keyring)["root"] == before["root"]
    assert hashes.read_bytes() == content


def test_an_entry_that_was_removed_is_reported(log: CustodyLog, tmp_path: Path) -> None:
    entries = tmp_path / "custody.jsonl"
    lines = entries.read_bytes().splitlines(keepends=True)
    entries.write_bytes(b"".join(lines[:2] + lines[3:4]))
    with pytest.raises(UserError, match="damaged; restore"):
        log.append("viewed", "p1", DIGEST, actor="budi")


def test_times_never_fall_when_the_clock_is_set_back(log: CustodyLog, keyring: Keyring, tmp_path: Path) -> None:
    issued = tmp_path / "custody.checkpoint"
    ahead = log.checkpoint(keyring) | {"at": "2999-01-01T00:00:00.000Z"}
    issued.write_bytes(canonical(ahead))
    assert log.append("viewed", "p1", DIGEST, actor="budi")["at"] == ahead["at"]
    issued.unlink()
    assert log.append("viewed", "p1", DIGEST, actor="budi")["at"] == ahead["at"]
    assert log.earliest_time() == ahead["at"] > datetime.now(UTC).isoformat()


@pytest.mark.parametrize("actor", ["two\nlines", "\x1b[2J", "x" * 3000])
def test_an_entry_is_one_line_of_text(log: CustodyLog, actor: str) -> None:
    with pytest.raises(UserError, match="actor"):
        log.append("viewed", "p1", DIGEST, actor=actor)
    assert len(log.entries()) == 5


def test_a_proof_needs_a_package_and_a_size_that_were_logged(log: CustodyLog, keyring: Keyring) -> None:
    with pytest.raises(UserError, match="no such package"):
        log.prove("p9", keyring)
    with pytest.raises(UserError, match="from 1 to 5"):
        log.prove("p1", keyring, since=6)


def test_the_signing_key_can_be_read_by_its_owner_alone(keyring: Keyring, tmp_path: Path) -> None:
    (private,) = (tmp_path / "keys").glob("*.pem")
    assert private.stat().st_mode & 0o077 == 0
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0


def test_a_process_that_opened_the_keyring_before_signs_with_the_new_key(tmp_path: Path, keyring: Keyring) -> None:
    opened_before = Keyring(tmp_path / "keys")
    new = keyring.rotate("2026-01-02T10:00:00.000Z")
    assert opened_before.sign({}, "context")["signing"]["key_id"] == new
    stored = json.loads(keyring.public_file.read_bytes())["keys"]
    assert [key["not_after"] for key in stored] == ["2026-01-02T10:00:00.000Z", None]
    assert len(list((tmp_path / "keys").glob("*.pem"))) == 1


def test_a_damaged_keyring_is_never_replaced(tmp_path: Path, keyring: Keyring) -> None:
    keyring.public_file.write_text("{}")
    with pytest.raises(UserError, match="restore it from a copy"):
        Keyring(tmp_path / "keys")
