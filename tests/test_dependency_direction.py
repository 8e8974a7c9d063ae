"""`analytics` is pure: it imports what computes, and nothing that reads a file, a clock or a socket.

The direction of imports between and inside the packages is checked by import-linter (`pyproject.toml`, `make lint`).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = ("analytics", "models", "pipelines", "portal", "simulator", "bench")
# Modules that `analytics` may import. Add one only if it needs no file, clock, network, process or thread.
PURE = {
    "abc",
    "analytics",
    "bisect",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "heapq",
    "itertools",
    "math",
    "numpy",
    "scipy",
    "statistics",
    "supervision",
    "typing",
}
# The one module that reads a file, and only from the package itself: the published tables of capacity.
PACKAGED_TABLES = {"analytics/capacity/pkji_tables.py": {"importlib", "tomllib"}}


def imports(package: str) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    """Every import statement of the package with its place (`file:line`), inside functions too."""
    for path in sorted((REPOSITORY / package).rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield f"{path.relative_to(REPOSITORY)}:{node.lineno}", node


def imported_names(statement: ast.Import | ast.ImportFrom) -> list[str]:
    """The full names of the modules that the statement imports from."""
    return [alias.name for alias in statement.names] if isinstance(statement, ast.Import) else [statement.module or ""]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_are_absolute(package: str) -> None:
    statements = list(imports(package))
    assert statements, f"found no imports under {package}/: is the test looking in the right place?"
    assert [place for place, node in statements if isinstance(node, ast.ImportFrom) and node.level > 0] == []


def test_analytics_imports_only_what_computes() -> None:
    found = [(place, name) for place, node in imports("analytics") for name in imported_names(node)]
    assert [
        (place, name)
        for place, name in found
        if name.split(".")[0] not in PURE | PACKAGED_TABLES.get(place.split(":")[0], set())
    ] == []
