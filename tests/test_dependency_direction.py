"""Imports point one way: portal -> pipelines -> models -> analytics."""

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "analytics": {"analytics"},
    "models": {"models", "analytics"},
    "pipelines": {"pipelines", "models", "analytics"},
    "portal": {"portal", "pipelines", "models", "analytics"},
}
NOT_PURE = {"asyncio", "av", "kafka", "multiprocessing", "os", "pathlib", "psycopg", "socket", "threading", "time"}


def imported(package: str) -> list[tuple[Path, str]]:
    """Every (file, top-level module) that the package's source imports, inside functions too."""
    found = []
    for path in sorted((REPOSITORY / package).rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found += [(path, alias.name.split(".")[0]) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: import by full name, not relatively"
                found.append((path, (node.module or "").split(".")[0]))
    return found


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_arrows_never_turn_back(package):
    imports = imported(package)
    assert imports, f"found no imports under {package}/: is the test looking in the right place?"
    wrong = [(path, name) for path, name in imports if name in MAY_IMPORT and name not in MAY_IMPORT[package]]
    assert not wrong


def test_analytics_is_pure():
    assert not [(path, name) for path, name in imported("analytics") if name in NOT_PURE]
