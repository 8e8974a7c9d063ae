"""Table of docs/capacity.md."""

from pathlib import Path
from typing import Any

import pytest

from bench.performance.capacity_table import BEGIN, END, NOT_FILLED, table, with_table
from pipelines.capacity.assessment import CapacityResult
from tests.pipelines.capacity.test_purchase import point

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "capacity.md"
"""The document that the command fills."""


def result(of: CapacityResult, error: float | None = 0.0123) -> dict[str, Any]:
    cameras = of.cameras if of.passed else 0
    return {"capacity_cameras": cameras, "capacity_count_error": error, "at_capacity": of.model_dump(mode="json")}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_each_number_of_cores_has_a_row_and_no_gpu_was_measured() -> None:
    beside_a_peer = point(cameras=10).model_copy(update={"objectcounter_fps": 16.93, "looks_over_objectcounter": 3.584})
    two, one = result(beside_a_peer), result(point(cameras=4, cores=1.0), None)
    head, _, first, second, gpu = map(cells, table([two, one]).splitlines())
    rest = ["0%", "1.85", "1000", "100"]
    assert first == ["1", "not measured", "4", "not measured", "not measured", *rest]
    assert second == ["2", "16.9", "10", "3.6", "1.2%", *rest]
    assert gpu == ["NVIDIA GPU", *["not measured"] * (len(head) - 1)]


def test_a_machine_that_held_no_camera_has_a_row() -> None:
    assert cells(table([result(point(per_s=2.0))]).splitlines()[2])[2] == "0"


def test_without_results_the_document_states_it() -> None:
    assert table([]) == NOT_FILLED


def test_only_the_part_between_the_markers_is_replaced() -> None:
    filled = with_table(f"before\n{BEGIN}\nold\n{END}\nafter\n", [result(point())])
    assert filled.startswith(f"before\n{BEGIN}\n\n| cores |")
    assert filled.endswith(f" |\n\n{END}\nafter\n")
    assert with_table(filled, []) == f"before\n{BEGIN}\n\n{NOT_FILLED}\n\n{END}\nafter\n"
    with pytest.raises(ValueError, match="lacks the lines"):
        with_table("no markers", [])


def test_the_document_can_be_filled() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_table(with_table(text, [result(point())]), []).count(NOT_FILLED) == 1
