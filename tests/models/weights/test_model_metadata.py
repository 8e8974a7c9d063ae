"""Metadata of exported models."""

from pathlib import Path

import pytest

from analytics.road_users import ROAD_USERS
from models.errors import UnusableWeights
from models.weights.model_metadata import UNMAPPED_CLASS, checked_metadata, read_metadata

HERE = Path("model")


def test_coco_names_map_onto_road_users_by_name():
    names = {0: "person", 1: "bicycle", 2: "car", 3: "motorcycle", 4: "airplane", 5: "bus", 6: "train", 7: "truck"}
    road_users = checked_metadata({"names": names}, HERE).road_users
    assert [None if i == UNMAPPED_CLASS else ROAD_USERS[i].value for i in road_users] == [
        "person",
        "bicycle",
        "car",
        "motorcycle",
        None,
        "bus",
        None,
        "truck",
    ]


def test_names_may_be_a_list():
    assert checked_metadata({"names": ["bus", "tree"]}, HERE).road_users.tolist() == [2, UNMAPPED_CLASS]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"task": "classify", "names": {0: "car"}}, "task 'classify'"),
        ({"task": "segment", "names": {0: "car"}}, "task 'segment'"),
        ({"task": "detect", "names": {0: "zebra"}}, "knows none of car, motorcycle"),
        ({}, "knows none of"),
        ({"names": {"first": "car"}}, "cannot be read; give the whole folder"),
        ({"names": "car"}, "cannot be read; give the whole folder"),
        ({"names": ["car"], "stride": "wide"}, "cannot be read; give the whole folder"),
        ({"names": ["car"], "stride": [32]}, "cannot be read; give the whole folder"),
    ],
)
def test_other_kinds_of_models_are_refused_in_one_line(raw, words):
    with pytest.raises(UnusableWeights, match=words) as refusal:
        checked_metadata(raw, HERE)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).startswith("model: ")


@pytest.mark.parametrize("content", [None, "names: [unclosed", "just text"])
def test_unreadable_metadata_is_refused(tmp_path, content):
    path = tmp_path / "metadata.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UnusableWeights, match="metadata"):
        read_metadata(path)
