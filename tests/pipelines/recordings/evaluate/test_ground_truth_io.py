"""Reading ground truth files."""

import pytest

from pipelines.errors import UserError
from pipelines.recordings.evaluate.ground_truth_io import read_ground_truth


def test_an_invalid_ground_truth_file_is_refused_with_file_and_key(tmp_path):
    (tmp_path / "truth.json").write_text('{"duration_s": 3, "crossings": [{"t": 1, "gate": "g", "direction": "C"}]}')
    with pytest.raises(UserError, match=r"truth\.json: crossings\[0\]"):
        read_ground_truth(tmp_path / "truth.json")
