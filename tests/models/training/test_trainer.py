"""Training lowers the loss, skips ignore regions, and resumes from a checkpoint."""

import copy
import errno
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("ultralytics")

import torch

from analytics.road_users import ROAD_USERS, RoadUser
from models.errors import UnusableWeights
from models.training.checkpoints import train_with_checkpoints
from models.training.dataset import Batch, LabelledImage, Labels, labels_from_boxes
from models.training.ignore_region_loss import IgnoreRegionLoss
from models.training.initial_network import initial_network, to_tensor, ultralytics_module
from models.training.score_shift import with_shifted_scores
from models.training.trainer import Schedule, Trainer, save_weights


@pytest.fixture(scope="module")
def pictures() -> list[LabelledImage]:
    """Noise with a bright car in it, at a place of its own in each."""
    dice = np.random.default_rng(3)
    made = []
    for _ in range(4):
        image = dice.integers(0, 60, (200, 320, 3)).astype(np.uint8)
        x, y = (int(v) for v in dice.integers(20, 120, 2))
        image[y : y + 60, x : x + 90] = (200, 40, 40)
        made.append(LabelledImage(image, labels_from_boxes([[x, y, x + 90.0, y + 60.0, 1.0, "car"]])))
    return made


@pytest.fixture
def network() -> torch.nn.Module:
    torch.manual_seed(1)
    made = ultralytics_module("nn.tasks").DetectionModel("yolo11n.yaml", nc=len(ROAD_USERS), verbose=False)
    made.args = ultralytics_module("cfg").get_cfg()
    return made


def test_it_learns_and_goes_on_from_a_checkpoint(
    network: torch.nn.Module, pictures: list[LabelledImage], tmp_path: Path
) -> None:
    schedule = Schedule(steps=10, batch=2, warmup_steps=2)
    training = Trainer(network, pictures, schedule, seed=1)
    losses: list[float] = []
    training.run(lambda _, loss: losses.append(loss), until=8)
    assert np.isfinite(losses).all()
    assert np.mean(losses[-3:]) < np.mean(losses[:3])
    training.save(tmp_path / "checkpoint.pt")
    later = Trainer(copy.deepcopy(network), pictures, Schedule(steps=11, batch=2, warmup_steps=2), seed=1)
    later.resume(tmp_path / "checkpoint.pt")
    later.run()
    told = later.summary()
    assert told["steps_made"] == 11
    assert [(run["from_step"], run["steps"]) for run in told["runs"]] == [(0, 10), (8, 11)]


def test_a_finished_training_is_not_made_again(
    network: torch.nn.Module, pictures: list[LabelledImage], tmp_path: Path
) -> None:
    made: list[int] = []
    for _ in range(2):
        training = Trainer(copy.deepcopy(network), pictures, Schedule(steps=1, batch=1), seed=1)
        train_with_checkpoints(training, tmp_path / "checkpoint.pt", made.append)
        assert training.step == 1
    assert made == [1]


def test_a_damaged_checkpoint_is_one_line_with_the_remedy(
    network: torch.nn.Module, pictures: list[LabelledImage], tmp_path: Path
) -> None:
    training = Trainer(network, pictures, Schedule(steps=1, batch=1), seed=1)
    checkpoint = tmp_path / "checkpoint.pt"
    training.save(checkpoint)
    whole = checkpoint.read_bytes()
    for content in (b"", b"no checkpoint", whole[: len(whole) // 2]):
        checkpoint.write_bytes(content)
        with pytest.raises(UnusableWeights, match=r"checkpoint\.pt: the checkpoint is damaged; delete it"):
            training.resume(checkpoint)


def test_a_full_disk_is_reported_as_such_and_keeps_the_checkpoint(
    network: torch.nn.Module, pictures: list[LabelledImage], tmp_path: Path
) -> None:
    training = Trainer(network, pictures, Schedule(steps=1, batch=1), seed=1)
    (tmp_path / "checkpoint.pt").write_bytes(b"before")
    (tmp_path / "checkpoint.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        training.save(tmp_path / "checkpoint.pt")
    assert caught.value.errno == errno.ENOSPC
    assert (tmp_path / "checkpoint.pt").read_bytes() == b"before"


def test_detections_in_ignore_regions_cost_nothing(network: torch.nn.Module) -> None:
    images = np.zeros((1, 64, 64, 3), np.uint8)
    empty = _batch(images, labels_from_boxes([]))
    everywhere = _batch(images, labels_from_boxes([[0, 0, 64, 64, 0.1, "car"]]))
    loss = IgnoreRegionLoss(network)
    raw = network.train()(to_tensor(empty))
    assert float(loss(raw, empty, to_tensor(empty)).detach()) > 0
    assert float(loss(raw, everywhere, to_tensor(empty)).detach()) == 0


def _batch(images: np.ndarray, labels: Labels, *, is_kept: bool = False) -> Batch:
    return Batch(images, (labels,), np.array([is_kept]))


def test_kept_crops_cost_what_differs_from_the_start_network(network: torch.nn.Module) -> None:
    """No score is pushed where the network detects what the start network detects, whatever the labels are."""
    images = np.random.default_rng(5).integers(0, 255, (1, 64, 64, 3), np.uint8)
    kept = _batch(images, labels_from_boxes([[0, 0, 64, 64, 0.1, "car"]]), is_kept=True)
    start = copy.deepcopy(network).eval()
    with torch.no_grad():
        for branch in start.model[-1].cv3:  # type: ignore[union-attr, index]
            branch[-1].bias[ROAD_USERS.index(RoadUser.BICYCLE)] = 2.0
        same = start(to_tensor(kept))[1]
    loss = IgnoreRegionLoss(network, start=start)

    def push(difference: float) -> float:
        """Greatest gradient of the loss by a score, where all scores differ from the start network's."""
        scores = (same["scores"] + difference).requires_grad_()
        loss({**same, "scores": scores}, kept, to_tensor(kept)).backward()
        assert scores.grad is not None
        return float(scores.grad.abs().max())

    assert push(0.0) < 0.01 * push(1.0)
    assert push(1.0) < push(2.0)


def test_unlabelled_classes_cost_nothing_but_a_labelled_box_is_of_one_class(network: torch.nn.Module) -> None:
    images = np.zeros((1, 64, 64, 3), np.uint8)
    loss, labelled = IgnoreRegionLoss(network), np.arange(len(ROAD_USERS)) < 4
    nothing = replace(labels_from_boxes([]), labelled_classes=np.zeros(len(ROAD_USERS), bool))
    with torch.no_grad():
        raw = network.train()(to_tensor(_batch(images, nothing)))
    assert float(loss(raw, _batch(images, nothing), to_tensor(_batch(images, nothing)))) == 0

    def gradient(boxes: list) -> np.ndarray:
        """(classes, places) of the loss by the scores."""
        scores = raw["scores"].detach().clone().requires_grad_()
        labels = replace(labels_from_boxes(boxes), labelled_classes=labelled)
        batch = _batch(images, labels)
        loss({**raw, "scores": scores}, batch, to_tensor(batch)).backward()
        assert scores.grad is not None
        return scores.grad[0].numpy()

    person, bicycle, car, truck = (
        ROAD_USERS.index(k) for k in (RoadUser.PERSON, RoadUser.BICYCLE, RoadUser.CAR, RoadUser.TRUCK)
    )
    free = gradient([])
    assert (free[truck] > 0).all() and not free[person].any()
    ridden = gradient([[0, 0, 32, 64, 1.0, "motorcycle"]])
    left = _centres(64)[:, 0] <= 32
    for other in (person, bicycle):
        assert (ridden[other][left] > 0).all() and not ridden[other][~left].any()
    driven = gradient([[0, 0, 32, 64, 1.0, "car"]])
    assigned = driven[car] < 0
    assert assigned.any()
    for other in (person, bicycle):
        assert (driven[other][assigned] > 0).all() and not driven[other][~assigned].any()


def test_shifted_scores_change_one_class(network: torch.nn.Module) -> None:
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        raw = network.train()(images)["scores"]
        shifted = with_shifted_scores(network, {RoadUser.BUS: 0.5}).train()(images)["scores"]
    difference = (shifted - raw)[0].mean(dim=1).numpy()
    assert difference == pytest.approx(
        [0.5 if k == ROAD_USERS.index(RoadUser.BUS) else 0.0 for k in range(6)], abs=0.01
    )


def _centres(side: int) -> np.ndarray:
    """(places, 2) centres (u, v) of the places of the head, pixels."""
    grids = [np.mgrid[0 : side // s, 0 : side // s][::-1].reshape(2, -1).T * s + s / 2 for s in (8, 16, 32)]
    return np.concatenate(grids)


def test_frozen_layers_stay_and_the_others_learn(network: torch.nn.Module, pictures: list[LabelledImage]) -> None:
    before = copy.deepcopy(network.state_dict())
    training = Trainer(network, pictures, Schedule(steps=2, batch=2, warmup_steps=1, frozen_layers=5), seed=1)
    training.run()
    layers = {
        int(name.split(".")[1])
        for name, value in training.average.state_dict().items()
        if not torch.equal(value.cpu(), before[name])
    }
    assert layers and min(layers) == 5


def test_a_pt_is_started_from_with_our_classes_in_our_order(pictures: list[LabelledImage], tmp_path: Path) -> None:
    whole = ultralytics_module("nn.tasks").DetectionModel("yolo11n.yaml", nc=10, verbose=False)
    whole.names = dict(enumerate(["person", "bicycle", "car", "motorcycle", "x4", "bus", "x6", "truck", "x8", "x9"]))
    save_weights(whole, tmp_path / "ten.pt")
    began = initial_network(tmp_path / "ten.pt", pictures, 1).eval()
    picture = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        wanted, got = whole.eval()(picture)[0], began(picture)[0]
    assert torch.allclose(got[:, :4], wanted[:, :4], atol=1e-3)
    assert torch.allclose(got[:, 4:], wanted[:, [4 + row for row in class_rows_coco()]], atol=1e-5)


def test_an_export_is_read_back_to_the_same_function(shared_dir: Path, pictures: list[LabelledImage]) -> None:
    """The export quantised activations, too, so that its scores differ a little."""
    import av

    from models.detection.openvino_graph import core, read_network

    xml = shared_dir / "weights" / "yolo11n_int8_openvino_model" / "yolo11n.xml"
    with av.open(str(shared_dir / "clips" / "nl_highway.mp4")) as clip:
        (decoded,) = islice(clip.decode(video=0), 30, 31)
        frame = decoded.reformat(640, 384, "rgb24").to_ndarray()
    tensor = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255
    began = initial_network(xml.parent, pictures, 1).eval()
    rows = class_rows_coco()
    wanted = core().compile_model(read_network(xml), "CPU")(tensor.numpy())[0][0]
    with torch.inference_mode():
        got = began(tensor)[0][0].numpy()
    scores, expected = got[4:].max(axis=0), wanted[[4 + row for row in rows]].max(axis=0)
    seen = expected > 0.4
    assert seen.any()
    assert np.corrcoef(scores, expected)[0, 1] > 0.98
    assert np.abs(got[:4, seen] - wanted[:4, seen]).mean() < 2.0


def class_rows_coco() -> list[int]:
    """Of car, motorcycle, bus, truck, bicycle and person among COCO's classes."""
    return [2, 3, 5, 7, 1, 0]
