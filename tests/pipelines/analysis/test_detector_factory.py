"""Weights that know renderings only are kept off real cameras, by every command that watches one."""

from contextlib import closing
from pathlib import Path

import pytest
import yaml

from models.weights.bundled import DEMO_CITY
from pipelines.analysis.detector_factory import open_detector
from pipelines.cli import main
from pipelines.errors import UserError
from tests.support.street import write_street


def test_a_real_road_is_refused_and_a_simulated_one_is_not() -> None:
    with pytest.raises(UserError, match="demo_city"):
        open_detector(DEMO_CITY)
    with closing(open_detector(DEMO_CITY, simulated=True)) as detector:
        assert "simulated-city-only" in detector.name


@pytest.mark.parametrize("command", ["run", "worker"])
def test_a_city_that_is_not_simulated_may_not_use_them(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "city.yaml"
    said = {"weights": DEMO_CITY, "bus": {"kafka": "127.0.0.1:9"}, "portal": {"port": 0}}
    config.write_text(yaml.safe_dump(said))
    with pytest.raises(SystemExit) as stopped:
        main([command, str(config)])
    assert stopped.value.code == 2
    assert_one_clear_line(capsys.readouterr().err)


def test_a_video_must_be_said_to_be_simulated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = write_street(tmp_path / "street.mp4")
    with pytest.raises(SystemExit) as stopped:
        main(["count", str(video), "--weights", DEMO_CITY, "--json", str(tmp_path / "out.json")])
    assert stopped.value.code == 2
    assert_one_clear_line(capsys.readouterr().err)
    main(["count", str(video), "--weights", DEMO_CITY, "--json", str(tmp_path / "out.json"), "--simulated"])
    assert (tmp_path / "out.json").is_file()


def assert_one_clear_line(said: str) -> None:
    (line,) = [line for line in said.splitlines() if "trained on renderings" in line]
    assert "city.simulated: true" in line
