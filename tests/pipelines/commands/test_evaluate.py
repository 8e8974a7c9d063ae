"""`simpang evaluate` from the outside."""

import json

from pipelines.cli import main


def test_evaluate_prints_a_table_and_writes_json_and_a_page(scenario, tmp_path, capsys):
    out, page = tmp_path / "out.json", tmp_path / "out.html"
    main(["evaluate", str(scenario.parent), "--json", str(out), "--html", str(page)])
    assert "one_car" in capsys.readouterr().out
    assert json.loads(out.read_text())["cases"][0]["f1"] == 1.0
    assert "one_car" in page.read_text()


def test_json_on_standard_output_comes_alone(scenario, capsys):
    main(["evaluate", str(scenario.parent), "--json", "-"])
    assert json.loads(capsys.readouterr().out)["scenarios"]["cases"] == 1
