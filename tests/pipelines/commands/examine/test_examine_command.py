"""`simpang models examine` from the outside."""

import json

import pytest

from pipelines.cli import main
from pipelines.commands.examine.examine_command import read_pictures
from tests.support.picture_sets import TABLE, add_picture
from tests.support.tiny_network import save_tiny_network


@pytest.fixture
def network(tmp_path, monkeypatch):
    """Network that finds one bright rectangle and calls it a car."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = save_tiny_network(tmp_path / "tiny_openvino_model")
    monkeypatch.setenv("SIMPANG_WEIGHTS", str(folder))
    return folder


@pytest.mark.slow
def test_sets_are_scored_and_written_as_json_and_page(network, tmp_path, capsys):
    sets, out, page = tmp_path / "sets", tmp_path / "out.json", tmp_path / "out.html"
    box = (64, 32, 160, 96)
    add_picture(sets / "mast", "right", bright=[box], labels=[(0, box)])
    add_picture(sets / "mast", "wrong", bright=[box], labels=[(1, box)], about="mast,Indonesia,night,wet")
    add_picture(sets / "bridge", "false", bright=[box], size=(192, 320), about="bridge,Vietnam,day,dry")
    add_picture(sets / "bridge", "ignored", bright=[box], ignore=[box], labels=None, about="bridge,Vietnam,day,dry")
    main(["models", "examine", str(sets), "--json", str(out), "--html", str(page)])
    figures = json.loads(out.read_text())
    assert [figures[key] for key in ("pictures", "boxes", "found", "right", "unmatched")] == [4, 2, 2, 1, 1]
    assert (figures["confidence"], figures["width"]) == (0.25, None)
    assert (figures["classes"]["car"]["ap50"] > 0.3, figures["classes"]["motorcycle"]["ap50"]) == (True, 0.0)
    assert {(row["camera_group"], row["light"], row["class"]) for row in figures["by"]} == {
        ("mast", "day", "car"),
        ("mast", "night", "motorcycle"),
    }
    text = page.read_text()
    assert "images/false.png" in text and "images/wrong.png" in text and "images/right.png" not in text
    assert "car 0.90, labelled motorcycle" in text
    assert "motorcycle" in capsys.readouterr().out


def test_a_set_named_twice_is_read_once(tmp_path):
    add_picture(tmp_path / "sets" / "mast", "a")
    assert len(read_pictures([tmp_path / "sets", tmp_path / "sets" / "mast"])) == 1


@pytest.mark.parametrize(
    ("spoil", "advice"),
    [
        (lambda folder: (folder / "pictures.csv").unlink(), "give a folder with a pictures.csv"),
        (lambda folder: (folder / "pictures.csv").write_text(TABLE.replace("light,", "")), "has no column light"),
        (lambda folder: (folder / "images" / "a.png").unlink(), "put the picture there"),
        (lambda folder: (folder / "images" / "a.png").write_bytes(b"\xff\xd8"), "save it again"),
        (lambda folder: (folder / "images" / "a.png").write_bytes(b""), "save it again"),
        (lambda folder: (folder / "labels" / "a.txt").write_text("0 0.5 0.5\n"), "class cx cy w h"),
    ],
)
def test_a_faulty_set_is_one_line_and_exit_status_2(network, tmp_path, capfd, spoil, advice):
    folder = tmp_path / "mast"
    add_picture(folder, "a")
    spoil(folder)
    with pytest.raises(SystemExit) as stopped:
        main(["models", "examine", str(folder)])
    error = capfd.readouterr().err
    assert stopped.value.code == 2
    assert advice in error and error.count("\n") == 1


def test_unknown_weights_are_one_line_and_exit_status_2(tmp_path, capfd):
    add_picture(tmp_path / "mast", "a")
    with pytest.raises(SystemExit) as stopped:
        main(["models", "examine", str(tmp_path / "mast"), "--weights", "nothing.pt"])
    assert stopped.value.code == 2
    assert "no such weights" in capfd.readouterr().err
