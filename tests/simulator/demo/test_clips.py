"""The configuration for a folder of video files."""

from pathlib import Path

import pytest

from pipelines.config.config_file import read_config
from pipelines.config.settings import Config
from pipelines.errors import UserError
from simulator.demo.clips import MAX_CLIP_CAMERAS, demo_config


def configured(tmp_path: Path, *names: str) -> Config:
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in names:
        (clips / name).touch()
    path = tmp_path / "city.yaml"
    path.write_text(demo_config(clips, data_dir=tmp_path / "data", rtsp_port=8554, port=8080))
    return read_config(path)


def test_known_clips_have_gates_and_are_preferred(tmp_path: Path) -> None:
    config = configured(tmp_path, "vn_junction.mp4", "mine.mp4")
    assert [camera.id for camera in config.cameras] == ["vn-junction"]
    assert config.cameras[0].geometry is not None


def test_other_clips_become_cameras_without_gates(tmp_path: Path) -> None:
    config = configured(tmp_path, *(f"Jalan {k}.MP4" for k in range(9)), "notes.txt")
    assert len(config.cameras) == MAX_CLIP_CAMERAS
    assert config.cameras[0].url.get_secret_value() == "rtsp://127.0.0.1:8554/Jalan%200.MP4?play_count=0"
    assert config.cameras[0].geometry is None


def test_a_folder_without_video_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no \.mp4 or \.mkv"):
        configured(tmp_path, "notes.txt")
