"""The verifier as one Python file, made of the modules of `pipelines.evidence.verifier`: both are the same code."""

import ast
from importlib.metadata import version
from pathlib import Path

from pipelines.evidence import verifier

MODULES = (
    "findings",
    "strict_json",
    "merkle",
    "shapes",
    "signatures",
    "container",
    "package_check",
    "custody_check",
    "verify_command",
)
"""Modules of the verifier, each behind those that it uses."""

HEADER = '''"""Verifier of evidence of Simpang {version}, in one file: python {name} --help

Needs Python 3.10 or later and the package `cryptography`. Licence: AGPL-3.0-or-later.
"""

from __future__ import annotations

'''
"""Beginning of the file."""


def one_file(name: str = "simpang_verify.py") -> str:
    """Return the source of the file. name: as which it is stored, for its help."""
    imports: set[str] = set()
    defined: set[str] = set()
    bodies = []
    for module in MODULES:
        source = (Path(verifier.__file__).parent / f"{module}.py").read_text(encoding="utf-8")
        lines, tree = source.splitlines(), ast.parse(source)
        for node in tree.body:
            names = _defined_by(node)
            assert not names & defined, f"two modules of the verifier define {names & defined}"
            defined |= names
            if isinstance(node, ast.Import | ast.ImportFrom):
                end = node.end_lineno or node.lineno
                if not (isinstance(node, ast.ImportFrom) and str(node.module).startswith(verifier.__name__)):
                    imports |= {ast.unparse(node)} if isinstance(node, ast.Import) else _single(node)
                lines[node.lineno - 1 : end] = [""] * (end - node.lineno + 1)
        title = ast.get_docstring(tree) or ""
        first = tree.body[0]
        lines[first.lineno - 1 : first.end_lineno] = [f"# {line}".rstrip() for line in title.splitlines()]
        bodies.append("\n".join(lines).rstrip())
    header = HEADER.format(version=version("simpang"), name=name) + "\n".join(sorted(imports))
    return "\n\n\n".join([header, *bodies, 'if __name__ == "__main__":\n    sys.exit(main())\n'])


def _defined_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement at the top of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _single(node: ast.ImportFrom) -> set[str]:
    return {f"from {node.module} import {alias.name}" for alias in node.names}
