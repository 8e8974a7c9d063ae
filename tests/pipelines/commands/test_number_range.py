"""Numbers of options."""

import pytest

from pipelines.cli import main


@pytest.mark.parametrize(
    "arguments",
    [
        ["count", "no.mp4", "--analysis-fps", "nan"],
        ["count", "no.mp4", "--confidence", "NaN"],
        ["doctor", "--timeout", "nan"],
    ],
)
def test_nan_is_refused_in_one_line(capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    errors = capsys.readouterr().err
    assert stopped.value.code == 2
    assert errors.count("\n") == 1 and f"{arguments[-1]} is not a number" in errors


def test_infinity_is_a_number(capsys):
    with pytest.raises(SystemExit):
        main(["count", "no.mp4", "--analysis-fps", "inf"])
    assert "no.mp4" in capsys.readouterr().err
