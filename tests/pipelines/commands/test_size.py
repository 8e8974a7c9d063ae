"""`simpang size` with the figures of an earlier run."""

import json
from pathlib import Path

import pytest

from pipelines.capacity.brief_measurement import TRAFFIC
from pipelines.capacity.clips import SIZE, videos_in
from pipelines.cli import main
from pipelines.recordings.video_reader import VideoReader
from tests.pipelines.capacity.test_purchase import point

ORIGINS = {"measured", "derived", "given", "assumed"}


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    path = tmp_path / "point.json"
    path.write_text(point(cpu_s=56.0).model_dump_json())
    return path


def test_it_prints_what_to_buy_and_where_each_figure_comes_from(measured, capsys):
    main(["size", "--cameras", "36", "--cameras", "300", "--measured", str(measured)])
    printed = capsys.readouterr().out
    assert all(heading in printed for heading in ("36 cameras", "300 cameras", "cameras held", "machines"))
    assert sum(printed.count(origin) for origin in ORIGINS) >= 18


def test_json_on_standard_output_comes_alone(measured, capsys):
    main(["size", "--cameras", "36", "--measured", str(measured), "--json", "-", "--main-kbits", "4000"])
    document = json.loads(capsys.readouterr().out)
    (size,) = document["sizes"]
    assert size["cameras"] == 36
    figures = document["machine"] + size["figures"]
    assert {figure["origin"] for figure in figures} == ORIGINS
    assert all(figure["basis"] for figure in figures)
    assert {f["name"]: f["value"] for f in figures}["machines"] == 5


@pytest.mark.parametrize(
    "arguments",
    [
        ["--cameras", "0"],
        ["--cameras", "many"],
        [],
        ["--cameras", "36", "--measured", "/nowhere/point.json"],
        ["--cameras", "36", "--clips", "/nowhere"],
        ["--cameras", "36", "--main-kbits", "nan"],
        ["--cameras", "36", "--json", "/nowhere/out.json"],
    ],
)
def test_bad_input_is_one_line(arguments, capsys):
    with pytest.raises(SystemExit) as exit_of:
        main(["size", *arguments])
    assert exit_of.value.code == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert len(captured.err.strip().splitlines()) == 1


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"cameras": 36}', "\x00"])
def test_a_file_that_is_no_run_is_one_line(tmp_path, content, capsys):
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(SystemExit) as exit_of:
        main(["size", "--cameras", "36", "--measured", str(path)])
    assert exit_of.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "bench-capacity --json" in line


def test_a_run_beside_other_programs_is_a_warning(tmp_path, capsys):
    path = tmp_path / "point.json"
    path.write_text(point(per_s=2.5, cpu_s=20.0).model_dump_json())
    main(["size", "--cameras", "36", "--measured", str(path), "--json", "-"])
    captured = capsys.readouterr()
    assert "measure again" in captured.err
    assert len(json.loads(captured.out)["warnings"]) == 1


def test_a_machine_that_held_no_camera_is_one_line(tmp_path, capsys):
    path = tmp_path / "point.json"
    path.write_text(point(cameras=1, per_s=1.0).model_dump_json())
    with pytest.raises(SystemExit) as exit_of:
        main(["size", "--cameras", "36", "--measured", str(path)])
    assert exit_of.value.code == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_the_traffic_that_is_included_is_a_video_as_street_cameras_send_it():
    (clip,) = videos_in(TRAFFIC)
    with VideoReader(str(clip)) as video:
        assert video.image_size == SIZE
        assert sum(1 for _ in video.frames()) == 150
