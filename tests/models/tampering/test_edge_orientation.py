"""Outlines in place, whatever the light; the town is made of blocks whose brightness is random."""

import cv2
import numpy as np
import pytest

from models.tampering.edge_orientation import share_in_place

WIDTH, HEIGHT = 160, 90


def town(seed: int = 7) -> np.ndarray:
    """Larger than the view, so that a moved one shows what lies beside it."""
    greys = np.random.default_rng(seed).integers(40, 200, (20, 34)).astype(np.uint8)
    return cv2.GaussianBlur(cv2.resize(greys, (204, 120), interpolation=cv2.INTER_NEAREST), (0, 0), 0.7)


def seen(picture: np.ndarray, du: float = 0, dv: float = 0, turn: float = 0, zoom: float = 1) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D((102, 60), turn, zoom)
    matrix[:, 2] += np.array([WIDTH / 2 - 102 - du, HEIGHT / 2 - 60 - dv])
    return cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)


USUAL = seen(town()).astype(np.float32)


@pytest.mark.parametrize(
    "light",
    [
        pytest.param(lambda p: p, id="the same"),
        pytest.param(lambda p: 255 - p, id="reversed"),
        pytest.param(lambda p: 0.3 * p + 10, id="dim"),
        pytest.param(lambda p: 60 + 60 * np.sin(p / 30), id="infrared"),
        pytest.param(lambda p: p * np.linspace(0.2, 1, WIDTH), id="lit from one side"),
    ],
)
def test_light_does_not_move_outlines(light):
    grain = np.random.default_rng(1).normal(0, 1.5, (HEIGHT, WIDTH))
    picture = (light(seen(town()).astype(float)) + grain).clip(0, 255).astype(np.uint8)
    assert share_in_place(USUAL, picture) >= 0.8


@pytest.mark.parametrize(
    "moved", [{"du": 5}, {"dv": -5}, {"turn": 5}, {"turn": -15}, {"zoom": 1.15}, {"du": 12, "dv": 9}], ids=str
)
def test_a_moved_camera_moves_the_edges(moved):
    assert share_in_place(USUAL, seen(town(), **moved)) < 0.35


def test_the_edges_of_another_town_are_not_in_place():
    assert share_in_place(USUAL, seen(town(seed=8))) < 0.35


def test_a_view_without_edges_has_no_share_in_place():
    fog = np.full((HEIGHT, WIDTH), 128, np.uint8)
    assert share_in_place(fog.astype(np.float32), fog) == 0.0
    assert share_in_place(USUAL, fog) < 0.35


def land(seed: int) -> np.ndarray:
    """A horizon with things before and above it, and the camera's caption."""
    picture = np.full((HEIGHT, WIDTH), 90, np.uint8)
    picture[:30] = 190
    rng = np.random.default_rng(seed)
    for u, v, size in rng.integers((4, 3, 6), (WIDTH - 16, HEIGHT - 16, 14), (20, 3)):
        picture[v : v + size, u : u + size] = rng.integers(40, 220)
    cv2.putText(picture, "CAM 7", (100, 12), cv2.FONT_HERSHEY_PLAIN, 0.8, (255,))
    return picture


def test_in_the_same_light_horizon_and_caption_alone_do_not_make_a_view():
    usual = land(1).astype(np.float32)
    turned = [land(seed) for seed in range(2, 12)]
    assert max(share_in_place(usual, picture) for picture in turned) >= 0.5
    assert max(share_in_place(usual, picture, min_edge_share=0.35) for picture in turned) < 0.35
    assert share_in_place(usual, land(1), min_edge_share=0.35) == 1.0
