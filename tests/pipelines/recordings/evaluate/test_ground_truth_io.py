"""Reading ground truth files."""

import pytest

from pipelines.errors import UserError
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth


def test_an_invalid_ground_truth_file_is_refused_with_file_and_key(tmp_path):
    (tmp_path / "truth.json").write_text('{"duration_s": 3, "crossings": [{"t": 1, "gate": "g", "direction": "C"}]}')
    with pytest.raises(UserError, match=r"truth\.json: crossings\[0\]"):
        read_ground_truth(tmp_path / "truth.json")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"[1]", "expected an object with keys at the top level"),
        (b"[" * 200_000, r"not JSON \(nested too deeply\)"),
        (b"\xff", r"not UTF-8 text \(byte 1\); save it as UTF-8"),
    ],
)
def test_an_unreadable_ground_truth_file_is_refused_in_one_line(tmp_path, content, complaint):
    (tmp_path / "truth.json").write_bytes(content)
    with pytest.raises(UserError, match=rf"truth\.json: {complaint}"):
        read_ground_truth(tmp_path / "truth.json")
