"""Atomic replacement of files."""

import os
from pathlib import Path

import pytest

from pipelines.atomic_file import replacing, write_atomically


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_created_and_replaced(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "camera.json"
    for content in ("old", "né"):
        write_atomically(path, content, durable=durable)
        assert path.read_text(encoding="utf-8") == content
    assert list(tmp_path.iterdir()) == [path], "no draft stays"


def test_after_an_error_the_old_content_stays(tmp_path: Path) -> None:
    path = tmp_path / "camera.json"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as draft:
        draft.write_text("half")
        assert path.read_text() == "old"
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_draft_that_was_never_written_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "camera.json"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert path.read_text() == "old"


def test_the_mode_of_an_existing_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "camera.json"
    path.write_text("old")
    path.chmod(0o640)
    write_atomically(path, "new")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    write_atomically(tmp_path / "new", "x")
    assert (tmp_path / "new").stat().st_mode == usual.stat().st_mode


def test_a_pipe_is_written_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "facts"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, "new", durable=False)
        assert os.read(reader, 9) == b"new"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_symbolic_link_still_points_to_its_target(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_durable_file_is_on_disk_before_it_replaces_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced, real = tmp_path / "camera.json", [], os.fsync
    path.write_text("old")

    def fsync(descriptor: int) -> None:
        synced.append((Path(f"/proc/self/fd/{descriptor}").readlink(), path.read_text()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_atomically(path, "new", durable=False)
    assert synced == []
    write_atomically(path, "newer")
    (draft, before), (folder, after) = synced
    assert (draft.parent, before) == (tmp_path, "new")
    assert (folder, after) == (tmp_path, "newer")


def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "camera.json"
    path.write_text("old")
    path.chmod(0o444)
    (tmp_path / "link.json").symlink_to(path)
    for name in ("camera.json", "link.json"):
        with pytest.raises(PermissionError, match="read-only"):
            write_atomically(tmp_path / name, "new")
    assert path.read_text() == "old"


@pytest.mark.parametrize("name", ["x" * 250 + ".json", "é" * 120 + ".json", "a b#1 50%.json"])
def test_a_file_with_a_long_or_odd_name_is_replaced(tmp_path: Path, name: str) -> None:
    write_atomically(tmp_path / name, "new")
    assert [path.name for path in tmp_path.iterdir()] == [name]
