"""Pictures that wait for labels, as files."""

import os
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.learning import waiting_pictures
from pipelines.learning.waiting_pictures import WaitingPicture, WaitingPictures
from tests.support.pictures import waiting_picture

IMAGE = np.full((90, 160, 3), 128, np.uint8)


def names(pictures: WaitingPictures) -> list[str]:
    return [picture.name for picture in pictures]


def test_a_picture_and_what_is_known_about_it_come_back(tmp_path):
    pictures, picture = WaitingPictures(tmp_path), waiting_picture()
    pictures.save(picture, IMAGE)
    assert list(WaitingPictures(tmp_path)) == [picture]
    assert cv2.imread(str(pictures.image_path(picture.name))).shape == IMAGE.shape
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == [
        "kuda_20260505T071400Z.jpg",
        "kuda_20260505T071400Z.json",
    ]
    pictures.delete(picture.name)
    assert not list(tmp_path.rglob("*.*"))


def test_a_name_shows_camera_and_time_or_the_place_in_a_recording():
    assert waiting_picture().taken_at == "2026-05-05T07:14:00+00:00"
    recorded = waiting_picture(at=12.34, source="recording")
    assert (recorded.name, recorded.taken_at) == ("kuda_000012340ms", "")


def test_a_picture_without_a_readable_description_is_skipped(tmp_path):
    pictures = WaitingPictures(tmp_path)
    pictures.save(waiting_picture(), IMAGE)
    (pictures.folder / "other.jpg").write_bytes(b"")
    (pictures.folder / "third.jpg").write_bytes(b"")
    (pictures.folder / "third.json").write_text('{"camera": "kuda"}')
    assert names(pictures) == ["kuda_20260505T071400Z"]


def test_pictures_beyond_the_age_or_the_size_are_deleted_the_oldest_first(tmp_path):
    three = [waiting_picture(at=60.0 * k, source="recording") for k in range(3)]
    for k, picture in enumerate(three):
        WaitingPictures(tmp_path).save(picture, IMAGE)
        os.utime(WaitingPictures(tmp_path).image_path(picture.name), (time.time() - 1000 + k,) * 2)
    one_file = WaitingPictures(tmp_path).image_path(three[0].name).stat().st_size
    WaitingPictures(tmp_path, max_bytes=2.5 * one_file).prune()
    assert names(WaitingPictures(tmp_path)) == [picture.name for picture in three[1:]]
    os.utime(WaitingPictures(tmp_path).image_path(three[1].name), (time.time() - 2 * 86400,) * 2)
    WaitingPictures(tmp_path, max_age_days=1).prune()
    assert names(WaitingPictures(tmp_path)) == [three[2].name]
    WaitingPictures(tmp_path / "missing").prune()


def test_the_last_space_of_the_disk_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(waiting_pictures, "MIN_FREE_BYTES", 10**18)
    with pytest.raises(OSError, match="are free"):
        WaitingPictures(tmp_path).save(waiting_picture(), IMAGE)
    assert not list(tmp_path.rglob("*.*"))


def test_a_file_in_place_of_the_folder_is_an_error_of_the_disk(tmp_path: Path):
    (tmp_path / "waiting").write_text("")
    with pytest.raises(FileExistsError):
        WaitingPictures(tmp_path).save(waiting_picture(), IMAGE)


def test_the_score_is_the_sum_of_the_findings():
    picture = waiting_picture()
    assert isinstance(picture, WaitingPicture)
    assert picture.score == sum(picture.found.values()) == 3
