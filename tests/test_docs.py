"""Documents of the repository: every path and link in them exists."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
TOP = {path.name for path in REPOSITORY.iterdir() if path.is_dir()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_lead_to_files(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    missing = [t for t in targets if "://" not in t and not (document.parent / t).exists()]
    assert not missing


@pytest.mark.parametrize("document", [REPOSITORY / "docs" / "architecture.md", REPOSITORY / "README.md"])
def test_paths_in_code_style_exist(document: Path) -> None:
    paths = re.findall(r"`([\w.-]+/[\w./-]*)`", document.read_text(encoding="utf-8"))
    named = [path for path in paths if path.split("/")[0] in TOP]
    assert len(named) > 3
    assert not [path for path in named if not (REPOSITORY / path).exists() and not path.startswith("build/")]
