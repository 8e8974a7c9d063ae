"""Weights trained on renderings only are refused for real cameras by every command."""

from contextlib import closing
from pathlib import Path

import pytest
import yaml

from pipelines.analysis.detector_factory import open_detector
from pipelines.cli import main
from pipelines.errors import UserError
from simulator.weights import DEMO_CITY
from tests.support.street import write_street


@pytest.mark.slow
def test_weights_of_the_simulated_city_load_only_for_simulated_cameras() -> None:
    with pytest.raises(UserError, match="demo_city"):
        open_detector(DEMO_CITY)
    with closing(open_detector(DEMO_CITY, simulated=True)) as detector:
        assert "simulated-city-only" in detector.name


@pytest.mark.parametrize("command", ["run", "worker"])
def test_weights_of_the_simulated_city_are_refused_in_a_real_city(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "city.yaml"
    settings = {"weights": DEMO_CITY, "bus": {"kafka": "127.0.0.1:9"}, "portal": {"port": 0}}
    config.write_text(yaml.safe_dump(settings))
    with pytest.raises(SystemExit) as stopped:
        main([command, str(config)])
    assert stopped.value.code == 2
    assert_one_clear_line(capsys.readouterr().err)


@pytest.mark.slow
def test_counting_a_rendered_video_needs_the_option_simulated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = write_street(tmp_path / "street.mp4")
    with pytest.raises(SystemExit) as stopped:
        main(["count", str(video), "--weights", DEMO_CITY, "--json", str(tmp_path / "out.json")])
    assert stopped.value.code == 2
    assert_one_clear_line(capsys.readouterr().err)
    main(["count", str(video), "--weights", DEMO_CITY, "--json", str(tmp_path / "out.json"), "--simulated"])
    assert (tmp_path / "out.json").is_file()


def assert_one_clear_line(printed: str) -> None:
    (line,) = [line for line in printed.splitlines() if "trained on renderings" in line]
    assert "city.simulated: true" in line
