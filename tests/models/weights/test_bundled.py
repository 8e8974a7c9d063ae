"""Weights that come with the package: `street` for real cameras, and the simulated city's, for nothing else."""

from pathlib import Path

import pytest

from models.errors import UnusableWeights
from models.weights.bundled import (
    RENDERINGS,
    STREET_WEIGHTS,
    TRAINED_ON,
    bundled_names,
    bundled_weights,
    refuse_on_real_roads,
)
from models.weights.model_metadata import read_metadata
from models.weights.resolver import resolve_weights
from simulator.weights import DEMO_CITY, DEMO_CITY_WEIGHTS
from tests.support.tiny_network import save_tiny_network

SMALL_BYTES = 4_000_000


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(DEMO_CITY, DEMO_CITY_WEIGHTS), ("street", STREET_WEIGHTS), (None, STREET_WEIGHTS), ("", STREET_WEIGHTS)],
)
def test_they_are_found_by_name_and_are_small(asked: str | None, expected: Path, tmp_path: Path) -> None:
    found = resolve_weights(asked, cache=tmp_path)
    assert found == expected
    assert 0 < sum(file.stat().st_size for file in found.iterdir()) < SMALL_BYTES
    assert (read_metadata(found / "metadata.yaml").road_users == range(6)).all()


def test_other_names_are_not_bundled() -> None:
    assert bundled_weights("yolo11n") is None
    assert bundled_names() == [DEMO_CITY, "street"]


def test_a_cached_pt_of_bundled_weights_is_preferred_for_a_gpu_only(tmp_path: Path) -> None:
    torch_copy = tmp_path / "weights" / "street.pt"
    torch_copy.parent.mkdir()
    torch_copy.touch()
    assert resolve_weights("street", prefer_torch=True, cache=tmp_path) == torch_copy
    assert resolve_weights("street", cache=tmp_path) == STREET_WEIGHTS


def test_the_street_network_may_watch_real_roads() -> None:
    assert not is_refused(STREET_WEIGHTS)


def test_weights_trained_on_renderings_are_refused_at_any_path(tmp_path: Path) -> None:
    folder = save_tiny_network(tmp_path / "copied", metadata={TRAINED_ON: RENDERINGS})
    for path in (DEMO_CITY_WEIGHTS, folder, folder / "model.xml"):
        with pytest.raises(UnusableWeights, match=r"trained on renderings.*real road.*simulated"):
            refuse_on_real_roads(path)


def is_refused(path: Path) -> bool:
    try:
        refuse_on_real_roads(path)
    except UnusableWeights:
        return True
    return False


@pytest.mark.parametrize(
    ("metadata", "refused"), [({TRAINED_ON: RENDERINGS}, True), ({TRAINED_ON: "photographs"}, False), ({}, False)]
)
def test_only_weights_marked_as_trained_on_renderings_are_refused(
    tmp_path: Path, metadata: dict[str, str], refused: bool
) -> None:
    assert is_refused(save_tiny_network(tmp_path / "network", metadata=metadata)) is refused


def test_a_missing_file_is_left_to_the_loader(tmp_path: Path) -> None:
    assert not is_refused(tmp_path / "missing.pt")
