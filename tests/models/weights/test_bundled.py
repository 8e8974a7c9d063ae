"""The simulated city's own weights: they come with the package, and watch nothing but that city."""

from pathlib import Path

import pytest

from models.errors import UnusableWeights
from models.weights.bundled import RENDERINGS, TRAINED_ON, bundled_weights, refuse_on_real_roads
from models.weights.model_metadata import read_metadata
from models.weights.resolver import resolve_weights
from simulator.weights import DEMO_CITY, DEMO_CITY_WEIGHTS
from tests.support.tiny_network import save_tiny_network

SMALL_BYTES = 4_000_000


def test_they_are_found_by_name_and_are_small(tmp_path: Path) -> None:
    found = resolve_weights(DEMO_CITY, cache=tmp_path)
    assert found == DEMO_CITY_WEIGHTS
    assert 0 < sum(file.stat().st_size for file in found.iterdir()) < SMALL_BYTES
    assert (read_metadata(found / "metadata.yaml").road_users == range(6)).all()


def test_other_names_are_not_bundled() -> None:
    assert bundled_weights("yolo11n") is None
    assert bundled_weights(None) is None


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
