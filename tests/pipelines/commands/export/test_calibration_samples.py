"""Pictures of folders, videos and live cameras."""

import cv2
import numpy as np
import pytest

from pipelines.commands.export.calibration_samples import sample_images
from pipelines.errors import UserError
from pipelines.worker.child_process import free_port
from tests.support.servers import write_clip


def left_of_vehicle(image):
    """First bright column, as a share of the width."""
    middle = image.shape[0] // 2
    return (image[middle + 2 : middle + 10].mean(axis=(0, 2)) > 150).argmax() / image.shape[1]


def test_a_video_is_sampled_in_even_steps_and_its_end_is_held_back(tmp_path):
    video = write_clip(tmp_path / "road.mp4", seconds=3.0, size=(640, 240))
    samples = sample_images([str(video)], each=8, width=320)
    images = [*samples.used, *samples.held_back]
    assert [image.shape for image in images] == [(120, 320, 3)] * 8
    places = [left_of_vehicle(image) for image in images]
    assert places == sorted(places)
    assert len(set(places)) == 8
    assert len(samples.held_back) == 2
    assert samples.sources == [str(video)]


def test_the_same_images_every_time(tmp_path):
    video = write_clip(tmp_path / "road.mp4", seconds=2.0)
    first, second = (sample_images([str(video)], each=5, width=160) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.used, second.used, strict=True))


def test_a_folder_gives_images_from_all_of_it(tmp_path):
    for number in range(20):
        cv2.imwrite(str(tmp_path / f"{number:02}.png"), np.full((30, 40, 3), 10 * number, np.uint8))
    (tmp_path / "notes.txt").write_text("no image")
    samples = sample_images([str(tmp_path)], each=4, width=80)
    assert [int(image[0, 0, 0]) for image in samples.used] == [0, 50, 100]
    assert [int(image[0, 0, 0]) for image in samples.held_back] == [150]
    assert samples.used[0].shape == (60, 80, 3)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("none.mp4", None, "no such file"), ("bad.mp4", b"text", "bad.mp4"), ("", None, "contains no images")],
)
def test_files_without_an_image_are_refused(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        sample_images([str(tmp_path / name)], each=4, width=160)


@pytest.mark.integration
def test_cameras_are_sampled_several_times_and_passwords_stay_out(rtsp_cameras):
    url = rtsp_cameras.url("road.mp4", credentials="admin:s3cret@")
    samples = sample_images([url], each=4, width=160, over_s=0.1)
    assert [image.shape for image in (*samples.used, *samples.held_back)] == [(120, 160, 3)] * 4
    assert samples.sources == [f"rtsp://***@127.0.0.1:{rtsp_cameras.port}/***"]
    assert samples.missing == []


@pytest.mark.integration
def test_a_camera_without_an_image_is_listed_as_missing(rtsp_cameras):
    down = f"rtsp://admin:s3cret@127.0.0.1:{free_port()}/gone"
    samples = sample_images([down, rtsp_cameras.url("road.mp4")], each=1, width=160, over_s=0.0)
    assert samples.missing == [down.replace("admin:s3cret@", "***@").replace("gone", "***")]
    assert len(samples.used) == 1
