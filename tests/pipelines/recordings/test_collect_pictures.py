"""`simpang models collect --from`: the most unsure frames of a recording, and the command around it."""

from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner

from models.pictures.picture_set import read_picture_set
from pipelines.commands.collect import collect
from pipelines.errors import UserError
from pipelines.learning.picture_keeper import PictureKeeper
from pipelines.learning.waiting_pictures import WaitingPictures
from pipelines.recordings.collect_pictures import camera_name, collect_pictures, plan_for
from pipelines.recordings.video_reader import VideoReader
from tests.support.bright_detector import BrightDetector
from tests.support.servers import write_clip
from tests.support.tiny_network import save_tiny_network

pytestmark = pytest.mark.slow  # a clip is encoded, and a network is compiled

UNSURE = 0.3
"""Confidence of the detector below."""


@pytest.fixture(scope="module")
def road(tmp_path_factory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "Jalan Raya.mp4", seconds=3.0)


def collected(road: Path, folder: Path, pictures: int, *, unsure: bool = True) -> WaitingPictures:
    detector = BrightDetector(UNSURE if unsure else 0.9)
    with VideoReader(str(road)) as video:
        plan = plan_for(video, pictures, over_s=600)
        keeper = PictureKeeper(WaitingPictures(folder), plan, lambda: detector, lambda *_: ("night", "wet"))
        kept = collect_pictures(video, keeper, detector, over_s=600, stop=Event())
    waiting = WaitingPictures(folder)
    assert kept == len(list(waiting))
    return waiting


def test_the_pictures_are_spread_over_the_recording(road, tmp_path):
    first, second = collected(road, tmp_path, 2)
    assert first.at < 1.5 <= second.at
    assert (first.camera, first.source, first.light, first.rain) == ("jalan-raya", "recording", "night", "wet")
    assert first.found["weak_detections"] == 1
    assert len(first.boxes) == 1


def test_a_network_that_is_sure_leaves_no_pictures(road, tmp_path):
    assert list(collected(road, tmp_path, 2, unsure=False)) == []


def test_a_stop_ends_the_collection(road, tmp_path):
    stop = Event()
    stop.set()
    with VideoReader(str(road)) as video:
        keeper = PictureKeeper(WaitingPictures(tmp_path), plan_for(video, 2, 600), BrightDetector, lambda *_: ("", ""))
        assert collect_pictures(video, keeper, BrightDetector(UNSURE), over_s=600, stop=stop) == 0


def test_a_name_has_no_password_and_no_path():
    assert camera_name("rtsp://admin:s3cret@10.0.0.7:554/a/b?x=1") == "10-0-0-7-a-b"
    assert camera_name("/x/../Ünïcode (1).mp4") == "n-code-1"
    assert camera_name("???.mp4") == "camera"


def run(*arguments: object) -> str:
    result = CliRunner().invoke(collect, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_from_recording_to_labelled_set(road, tmp_path):
    folder, archive = tmp_path / "set", tmp_path / "out.zip"
    (first, _) = collected(road, folder, 2)
    assert run(folder, "--export", "cvat", "--out", archive).startswith("2 pictures in ")
    assert run(folder, "--export", "label-studio", "--out", tmp_path / "tasks.json").startswith("2 pictures in ")
    assert run(folder, "--import", archive, "--country", "Malaysia") == (
        "2 pictures added to the set, 0 corrected, 0 unknown\n"
    )
    pictures = read_picture_set(folder)
    assert [picture.country for picture in pictures] == ["Malaysia"] * 2
    assert len(pictures[0].read_labels((first.width, first.height)).xyxy) == 1


def test_the_command_collects_with_a_network(road, tmp_path):
    weights = save_tiny_network(tmp_path / "tiny_openvino_model")
    assert run(tmp_path / "set", "--from", road, "--count", 1, "--weights", weights).endswith(
        f"pictures of jalan-raya in {tmp_path / 'set' / 'waiting'}\n"
    )


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ([], "give one of --from SOURCE, --export TOOL --out FILE, and --import FILE"),
        (["--export", "cvat"], "give one of"),
        (["--out", "a.zip", "--import", "b.zip"], "give one of"),
        (["--from", "a.mp4", "--import", "b.zip"], "give one of"),
        (["--export", "cvat", "--out", "a.zip"], "contains no pictures"),
        (["--import", "missing.zip"], "missing.zip"),
        (["--import", "missing.json"], "missing.json"),
        (["--from", "a/x.mp4", "--from", "b/x.mp4"], "two sources have the same name"),
    ],
)
def test_a_wrong_use_is_one_line_with_the_remedy(tmp_path, arguments, fault):
    with pytest.raises(UserError) as caught:
        CliRunner().invoke(collect, [str(tmp_path), *arguments], catch_exceptions=False)
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


def test_labels_of_another_folder_are_refused(road, tmp_path):
    collected(road, tmp_path / "set", 1)
    run(tmp_path / "set", "--export", "cvat", "--out", tmp_path / "out.zip")
    with pytest.raises(UserError, match="none of its 1 pictures is in"):
        CliRunner().invoke(collect, [str(tmp_path), "--import", str(tmp_path / "out.zip")], catch_exceptions=False)
