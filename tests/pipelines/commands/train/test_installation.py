"""Installation of trained weights: whole folders and the report, in place of earlier ones."""

import json

import pytest

from pipelines.commands.train.installation import install, require_writable
from pipelines.errors import UserError


def test_files_and_folders_replace_those_of_an_earlier_training(tmp_path):
    made, out = tmp_path / "made", tmp_path / "out"
    (made / "net_int8").mkdir(parents=True)
    (made / "net_int8" / "net.bin").write_text("new")
    (made / "net.pt").write_text("new")
    (out / "net_int8").mkdir(parents=True)
    (out / "net_int8" / "old.bin").write_text("old")
    (out / "net.pt").write_text("old")
    install([made / "net_int8", made / "net.pt"], {"steps": 2}, out)
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*")) == [
        "net.pt",
        "net_int8",
        "net_int8/net.bin",
        "report.json",
    ]
    assert (out / "net.pt").read_text() == "new"
    assert json.loads((out / "report.json").read_text()) == {"steps": 2}


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UserError, match="choose another folder"):
        install([], {}, tmp_path / "out")
    with pytest.raises(UserError, match="choose another folder"):
        require_writable(tmp_path / "out" / "networks")


def test_the_folder_is_created_and_stays_empty(tmp_path):
    require_writable(tmp_path / "networks" / "kota")
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["networks", "networks/kota"]
