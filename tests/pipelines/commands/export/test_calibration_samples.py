"""Pictures of folders, videos and live cameras."""

import cv2
import numpy as np
import pytest

from pipelines.commands.export.calibration_samples import sample_pictures
from pipelines.errors import UserError
from tests.support.servers import free_port, write_clip


def left_of_vehicle(picture):
    """First bright column, as a share of the width."""
    middle = picture.shape[0] // 2
    return (picture[middle + 2 : middle + 10].mean(axis=(0, 2)) > 150).argmax() / picture.shape[1]


def test_a_video_is_gone_through_in_even_steps_and_its_end_is_held_back(tmp_path):
    video = write_clip(tmp_path / "road.mp4", seconds=3.0, size=(640, 240))
    samples = sample_pictures([str(video)], each=8, width=320)
    pictures = [*samples.used, *samples.held_back]
    assert [picture.shape for picture in pictures] == [(120, 320, 3)] * 8
    places = [left_of_vehicle(picture) for picture in pictures]
    assert places == sorted(places)
    assert len(set(places)) == 8
    assert len(samples.held_back) == 2
    assert samples.sources == [str(video)]


def test_the_same_pictures_every_time(tmp_path):
    video = write_clip(tmp_path / "road.mp4", seconds=2.0)
    first, second = (sample_pictures([str(video)], each=5, width=160) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.used, second.used, strict=True))


def test_a_folder_gives_pictures_from_all_over_it(tmp_path):
    for number in range(20):
        cv2.imwrite(str(tmp_path / f"{number:02}.png"), np.full((30, 40, 3), 10 * number, np.uint8))
    (tmp_path / "notes.txt").write_text("no picture")
    samples = sample_pictures([str(tmp_path)], each=4, width=80)
    assert [int(picture[0, 0, 0]) for picture in samples.used] == [0, 50, 100]
    assert [int(picture[0, 0, 0]) for picture in samples.held_back] == [150]
    assert samples.used[0].shape == (60, 80, 3)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [("none.mp4", None, "no such file"), ("bad.mp4", b"text", "bad.mp4"), ("", None, "holds")],
)
def test_files_that_hold_no_picture_are_refused(tmp_path, name, content, says):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=says):
        sample_pictures([str(tmp_path / name)], each=4, width=160)


@pytest.mark.integration
def test_cameras_are_asked_several_times_and_passwords_stay_out(rtsp_cameras):
    url = rtsp_cameras.url("road.mp4", credentials="admin:s3cret@")
    samples = sample_pictures([url], each=4, width=160, over_s=0.1)
    assert [picture.shape for picture in (*samples.used, *samples.held_back)] == [(120, 160, 3)] * 4
    assert samples.sources == [f"rtsp://127.0.0.1:{rtsp_cameras.port}/road.mp4"]
    assert samples.missing == []


@pytest.mark.integration
def test_a_camera_that_is_down_is_left_out_and_named(rtsp_cameras):
    down = f"rtsp://admin:s3cret@127.0.0.1:{free_port()}/gone"
    samples = sample_pictures([down, rtsp_cameras.url("road.mp4")], each=1, width=160, over_s=0.0)
    assert samples.missing == [down.replace("admin:s3cret@", "")]
    assert len(samples.used) == 1
