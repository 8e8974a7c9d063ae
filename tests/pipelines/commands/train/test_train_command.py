"""`simpang models train`: bad input is one line and exit status 2, before any network is loaded."""

import pytest

from models.detection.loader import has_ultralytics
from models.export.quantization import has_nncf
from pipelines.cli import main
from tests.support.picture_sets import add_picture

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_ultralytics() or not has_nncf(), reason="needs the extra `yolo`, and `quantise`"),
]


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (["--out", "out"], "no pictures to train on"),
        (["set", "--out", "file"], "give --out another one"),
        (["set", "--out", "out", "--start", "nothing.pt"], "no such weights"),
        (["set", "--out", "out", "--hold-back", "tower"], "known are mast"),
        (["set", "--out", "out", "--licence", "MIT"], "no picture has the licence 'MIT'"),
        (["set", "--out", "out", "--weight", "set"], "is not SET=W"),
        (["set", "--out", "out", "--weight", "set=nan"], "nan is not a number"),
        (["set", "--out", "out", "--shift", "tram=1"], "is not CLASS=X with a class of car, motorcycle"),
        (["set", "--out", "out", "--shift", "car=inf"], "is not in the range"),
        (["set", "--out", "out", "--keep", "set"], "no recording"),
        (["nowhere", "--out", "out"], "no picture set"),
        (["set", "--out", "file/out", "--start", "street"], "choose another folder"),
        (["set", "--out", "out", "--name", "../kota"], "give the folder as --out"),
    ],
)
def test_bad_input_is_one_line(tmp_path, monkeypatch, capfd, options, advice):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    for k in range(10):
        add_picture(tmp_path / "set", f"{k}", size=(64, 32), labels=[(0, (5, 5, 20, 20))])
    with pytest.raises(SystemExit) as stopped:
        main(["models", "train", *options])
    error = capfd.readouterr().err
    assert stopped.value.code == 2
    assert advice in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()
