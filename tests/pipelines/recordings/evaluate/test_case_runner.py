"""Finding, running and scoring cases."""

import json

import pytest

from pipelines.errors import UserError
from pipelines.recordings.evaluate.case_runner import evaluation_figures, find_cases, run_scenario, score_case


def test_a_scenario_is_found_run_and_scored(scenario):
    (case,) = find_cases(scenario.parent)
    evaluation = score_case(case, run_scenario(case))
    figures = evaluation.figures()
    assert (figures.name, figures.f1, figures.analysed_frames) == ("one_car", 1.0, 100)
    assert figures.missed == [("wrong_way", 3.0)]
    assert evaluation_figures([evaluation]).scenarios.incidents["wrong_way"].true == 1


def test_frames_can_be_skipped(scenario):
    (case,) = find_cases(scenario)
    assert run_scenario(case, every=4).run.analysed_frames == 25


def test_a_clip_is_found_beside_its_truth_or_in_the_clips_folder(tmp_path):
    truth = tmp_path / "truth" / "clips"
    truth.mkdir(parents=True)
    (tmp_path / "clips").mkdir()
    (truth / "here.json").write_text(json.dumps({"clip": "here.mp4", "duration_s": 1.0}))
    (truth / "there.json").write_text(json.dumps({"clip": "there.mp4", "duration_s": 1.0}))
    (truth / "other.json").write_text("[]")
    (truth / "here.mp4").touch()
    (tmp_path / "clips" / "there.mp4").touch()
    cases = find_cases(tmp_path)
    assert [case.name for case in cases] == ["here", "there"]
    assert cases[1].source.samefile(tmp_path / "clips" / "there.mp4")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", '{"clip": "gone.mp4"}', "gone.mp4 is not in"),
        ("a.json", "{", "cannot be read as JSON"),
        ("a.txt", "", "no case here"),
    ],
)
def test_a_folder_without_usable_cases_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=message):
        find_cases(tmp_path)
