"""Page of an examination: the worst pictures with their boxes."""

from models.examination.figures import examination_json
from pipelines.commands.examine.examination_page import (
    WORST_OF_A_CAMERA,
    examination_page,
    show_picture,
    worst_pictures,
)
from tests.support.boxes import examined, found, labelled
from tests.support.picture_sets import add_picture

GOOD = examined(found(("car", 0, 0, 40, 40)), labelled(("car", 0, 0, 40, 40)))
BAD = examined(found(("car", 0, 0, 40, 40)), labelled())
WORSE = examined(found(("car", 0, 0, 40, 40)), labelled(("car", 100, 0, 140, 40)))


def test_the_most_faults_come_first_and_few_of_each_camera():
    other = examined(found(("car", 0, 0, 40, 40)), labelled(), camera="bridge")
    assert worst_pictures([GOOD, BAD, WORSE, other]) == [WORSE, BAD, other]
    assert len(worst_pictures([BAD] * 9)) == WORST_OF_A_CAMERA


def test_a_picture_is_drawn_smaller_with_each_box_in_its_style(tmp_path):
    add_picture(tmp_path, "a", size=(1920, 960))
    shown = show_picture(
        examined(
            found(("car", 0, 0, 40, 40), ("person", 200, 0, 240, 40), ("bus", 400, 0, 440, 40, 0.5)),
            labelled(("car", 0, 0, 40, 40), ("motorcycle", 200, 0, 240, 40), ("truck", 0, 200, 40, 240)),
            size=(1280, 640),
            folder=tmp_path,
        )
    )
    assert (shown.width, shown.height) == (960, 480)
    assert dict(shown.counts) == {"right": 1, "wrong": 1, "missed": 1, "unmatched": 1}
    assert [(b.x, b.width) for b in shown.boxes if b.title == "bus 0.50"] == [(300.0, 30.0)]
    assert "person 0.90, labelled motorcycle" in [b.title for b in shown.boxes]


def test_the_page_of_pictures_without_any_box_has_tables_and_no_picture():
    pictures = [examined(found(), labelled())]
    figures = {"weights": "n", "detector": "n", "width": 960, "confidence": 0.25, **examination_json(pictures)}
    page = examination_page(figures, pictures)
    assert "scaled to 960 pixels" in page and "<image" not in page
