"""Notebooks run from top to bottom."""

from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.integration
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_shows_a_result(path, shared_dir, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.setenv("SIMPANG_SHARED", str(shared_dir))
    monkeypatch.setenv("SIMPANG_NOTEBOOK_CLIPS", "us_dusk_side us_rain_turn")  # the small ones
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "commit notebooks without their outputs"
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(path.parent)}}).execute()
    printed = "".join(o.get("text", "") for cell in notebook.cells for o in cell.get("outputs", []))
    assert "truth" in printed
