"""Rows, tables and comparisons of the GPU benchmark, without a GPU and without torch."""

import json

import numpy as np
import pytest

from analytics.detections import Detections
from bench.gpu.detections_equal import compared, matches
from bench.gpu.gpu_network import torch_network
from bench.gpu.gpu_table import report, table
from bench.gpu.memory_per_camera import memory_rows
from bench.gpu.part_result import NotPossibleHere, PartResult, RowFile
from models.errors import UnusableWeights

CAR, BUS = 0, 3


def detections(*rows):
    boxes = np.array([row[0] for row in rows], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([row[1] for row in rows], np.float32), np.array([row[2] for row in rows]))


def test_boxes_match_by_overlap_class_and_confidence():
    cpu = detections(([0, 0, 10, 10], 0.8, CAR), ([50, 50, 70, 70], 0.5, CAR), ([90, 0, 99, 9], 0.4, BUS))
    assert matches(cpu, cpu) == 3
    moved = detections(([0, 0, 10, 6], 0.8, CAR), ([50, 50, 70, 59], 0.5, CAR), ([90, 0, 99, 9], 0.4, BUS))
    assert matches(cpu, moved) == 2
    other = detections(([0, 0, 10, 10], 0.65, CAR), ([50, 50, 70, 70], 0.55, CAR), ([90, 0, 99, 9], 0.4, CAR))
    assert matches(cpu, other) == 1
    assert matches(cpu, Detections.empty()) == 0


def test_one_box_matches_once():
    cpu = detections(([0, 0, 10, 10], 0.8, CAR))
    twice = detections(([0, 0, 10, 10], 0.8, CAR), ([0, 0, 10, 9], 0.8, CAR))
    assert matches(cpu, twice) == matches(twice, cpu) == 1


@pytest.mark.parametrize("more", ["on the CPU", "here"])
def test_boxes_that_one_side_lacks_are_a_difference_on_both_sides(more):
    few = [detections(([0, 0, 10, 10], 0.8, CAR))]
    many = [detections(([0, 0, 10, 10], 0.8, CAR), ([50, 50, 70, 70], 0.5, CAR))]
    expected, found = (many, few) if more == "on the CPU" else (few, many)
    assert compared("the CPU", expected, found, required=0.98)["failed"]
    assert not compared("the CPU", expected, found, required=None)["failed"]
    assert not compared("the CPU", expected, expected, required=0.98)["failed"]


def test_images_without_a_box_compare_nothing():
    assert compared("the CPU", [Detections.empty()], [Detections.empty()], required=0.98)["failed"]


def test_rows_of_a_process_that_crashed_are_kept(tmp_path):
    rows = RowFile(tmp_path / "rows.jsonl")
    assert rows.read() is None
    rows.add({"batch": 1, "frames/s": 20.5})
    assert rows.read() is None
    assert rows.rows_so_far().rows == [{"batch": 1, "frames/s": 20.5}]
    rows.end(failed="broken")
    result = rows.read()
    assert (result.failed, result.passed, len(result.rows)) == ("broken", False, 1)
    assert json.dumps(result.to_dict())


def test_only_what_should_have_run_fails_the_report():
    assert PartResult(absent="not installed").passed
    assert PartResult([{"note": "the device has too little memory"}]).passed
    assert not PartResult([{"failed": True}]).passed


def test_a_table_has_all_columns_and_no_broken_cell():
    lines = table([{"batch": 1, "frames/s": 1234.5}, {"batch": 64, "note": "too little | memory\nhere"}])
    assert lines[0].split("|")[1:-1] == [" batch ", " frames/s ", " note                     "]
    assert "too little / memory here" in lines[3]
    assert len({line.count("|") for line in lines}) == 1


def test_a_report_states_what_was_not_measured_and_what_was_missed():
    parts = {
        "tensorrt_engines": PartResult(absent="TensorRT is not installed"),
        "detections_equal": PartResult([{"images": 4, "failed": True}]),
        "streams": PartResult(failed="not ended after 60 s"),
    }
    text = report({"GPU": "NVIDIA H200"}, parts)
    assert text.startswith("GPU: NVIDIA H200.")
    assert "Not measured: TensorRT is not installed." in text
    assert "| 4      | MISSED |" in text
    assert "Failed: not ended after 60 s." in text


def test_memory_of_a_camera_is_the_growth_over_the_cameras_between():
    runs = [
        {"cameras": 1, "decoder": "CPU", "host MB": 1000.0, "device MB": 600.0},
        {"cameras": 8, "decoder": "CPU", "host MB": 1100.0, "device MB": 640.0},
        {"cameras": 16, "decoder": "CPU", "host MB": 1150.0, "device MB": 690.0},
        {"cameras": 32, "note": "not tried"},
        {"cameras": 16, "decoder": "NVDEC", "host MB": 1300.0, "device MB": None},
    ]
    by_cpu, by_gpu = memory_rows(runs)
    assert (by_cpu["cameras"], by_cpu["host MB a camera"], by_cpu["device MB a camera"]) == ("1 to 16", 10.0, 6.0)
    assert (by_gpu["decoder"], by_gpu["host MB a camera"], by_gpu["device MB a camera"]) == ("NVDEC", 20.0, None)
    with pytest.raises(NotPossibleHere, match="more than one camera"):
        list(memory_rows(runs[:1]))


def test_a_carried_network_needs_nothing_else(tmp_path):
    (tmp_path / "street.pt").write_bytes(b"")
    (tmp_path / "yolo11n.pt").write_bytes(b"")
    assert torch_network(None, tmp_path, tmp_path)[0] == tmp_path / "yolo11n.pt"
    assert torch_network(tmp_path / "street.pt", None, tmp_path) == (tmp_path / "street.pt", None)
    with pytest.raises(UnusableWeights, match="no such file"):
        torch_network(tmp_path / "missing.pt", None, tmp_path)
