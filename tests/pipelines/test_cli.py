"""The command line as a person meets it."""

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytestmark = pytest.mark.slow  # the command runs in a process of its own


def simpang(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_every_subcommand_has_help():
    text = simpang("--help").stdout
    for entry in entry_points(group="simpang.commands"):
        assert entry.name in text
        assert entry.load().help, f"simpang {entry.name} has no help"


def test_success_is_status_0():
    assert simpang("--version").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bogus",), "No such command 'bogus'"),
        (("replay",), "Missing argument"),
        (("run", "nowhere.yaml"), "nowhere.yaml: No such file"),
        (("worker", "nowhere.yaml"), "nowhere.yaml: No such file"),
        (("count", "--speed"), "No such option"),
        (("count", "a.mp4", "--confidence", "0,25"), "0,25: write decimals with a point, 0.25"),
        (("evaluate", "x" * 300), "File name too long; give another path"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments, said):
    done = simpang(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
