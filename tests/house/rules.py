"""Rules of the house that no linter knows: what they find in the repository, as places `file:line`."""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.house.words import banned_words

REPOSITORY = Path(__file__).resolve().parents[2]
"""The folder that contains the packages."""
SHIPPED = ("analytics", "models", "pipelines", "portal", "simulator")
"""Packages of the wheel."""
PROSE = (*SHIPPED, "bench", "tests", ".ci", "docker", "notebooks", "docs")
"""Folders whose docstrings, comments and documents are read."""
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
"""Documents beside those in docs/."""
MAY_REPEAT = {"__init__", "__main__"}
"""Basenames that a package may contain more than once."""
MAY_REPEAT_IN_PORTAL = MAY_REPEAT | {"routes", "schemas", "queries"}
"""The portal is cut by feature; each feature has these."""

_COMMENT = {
    ".ts": re.compile(r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`", re.DOTALL),
    ".css": re.compile(r"/\*.*?\*/", re.DOTALL),
    ".sql": re.compile(r"--[^\n]*|'[^']*'"),
    ".yaml": re.compile(r"(?<!\S)#[^\n]*"),
}
"""Comments, and the strings to step over, by the suffix of a file."""
_COMMENT[".mjs"] = _COMMENT[".ts"]
_CODE_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
"""Code blocks of Markdown."""


@dataclass(frozen=True)
class Measure:
    """One row of the table: offenders as `file:line: what`, and how many of them there may be."""

    name: str
    offenders: list[str]
    wanted: int = 0
    value: int | None = field(default=None)
    """Printed in place of the number of offenders, where the measure is no count of them."""

    @property
    def now(self) -> int:
        return len(self.offenders) if self.value is None else self.value

    @property
    def holds(self) -> bool:
        return self.now <= self.wanted


def files(folders: tuple[str, ...], *suffixes: str) -> Iterator[Path]:
    """Files of the repository with one of the suffixes, without what is installed or built."""
    for folder in folders:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.suffix in suffixes and not {"node_modules", "static", "__pycache__"} & set(path.parts):
                yield path


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(REPOSITORY)}:{line}"


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def python_prose(source: str) -> Iterator[tuple[int, str]]:
    """Docstrings (of constants and fields, too) and comments, each with its first line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, ast.get_source_segment(source, node.value) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def other_prose(source: str, suffix: str) -> Iterator[tuple[int, str]]:
    """Comments of a file that is not Python, each with its first line; of Markdown, the text without code blocks."""
    if suffix == ".md":
        yield 1, _CODE_BLOCK.sub(lambda block: "\n" * block[0].count("\n"), source)
        return
    for match in _COMMENT[suffix].finditer(source):
        if match[0][0] not in "'\"`":
            yield source.count("\n", 0, match.start()) + 1, match[0]


def words_in_prose() -> list[str]:
    """Banned words in docstrings, comments and documents."""
    found = []
    for path in [*files(PROSE, ".py", *_COMMENT, ".md"), *map(REPOSITORY.joinpath, PAGES)]:
        source = path.read_text(encoding="utf-8")
        prose = python_prose(source) if path.suffix == ".py" else other_prose(source, path.suffix)
        for first, text in sorted(prose):
            found += [f"{place(path, first + line)}: {word} ({instead})" for line, word, instead in banned_words(text)]
    return found


def words_in_test_names() -> list[str]:
    """Banned words in the names of test functions."""
    found = []
    for path in files(("tests",), ".py"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                finds = banned_words(node.name.replace("_", " "))
                found += [f"{place(path, node.lineno)}: {word} ({instead})" for _, word, instead in finds]
    return found


def repeated_basenames() -> list[str]:
    """Module names that occur more than once in one top package."""
    found = []
    for package in (*SHIPPED, "bench"):
        places = defaultdict(list)
        for path in files((package,), ".py"):
            places[path.stem].append(str(path.relative_to(REPOSITORY)))
        allowed = MAY_REPEAT_IN_PORTAL if package == "portal" else MAY_REPEAT
        found += [", ".join(paths) for name, paths in places.items() if len(paths) > 1 and name not in allowed]
    return found


def modules_directly_in(package: str) -> list[str]:
    return [
        str(path.relative_to(REPOSITORY))
        for path in files((package,), ".py")
        if path.parent.name == package and path.stem != "__init__"
    ]


def functions() -> list[tuple[int, str]]:
    """Length in lines and place of every function of shipped code, the longest first."""
    found = []
    for path in files(SHIPPED, ".py"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                found.append((length, f"{place(path, node.lineno)}: {node.name}, {length} lines"))
    return sorted(found, reverse=True)


def undocumented_constants(source: str) -> list[tuple[int, str]]:
    """Line and name of each module-level constant with neither a docstring, a trailing comment nor one just above.

    >>> undocumented_constants("LIMIT = 3\\nSTEP_S = 0.5  # seconds [assumption]")
    [(1, 'LIMIT')]
    """
    comments = [
        token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.COMMENT
    ]
    commented = {token.start[0] for token in comments}
    comment_only = {token.start[0] for token in comments if token.line.lstrip().startswith("#")}
    body = ast.parse(source).body
    found = []
    for node, following in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        own = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if node.lineno - 1 in comment_only or commented.intersection(own) or _is_docstring(following):
            continue
        found += [(node.lineno, name) for name in names if name.isupper()]
    return found


def _is_docstring(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def constants_without_words() -> list[str]:
    """Module-level constants of shipped code and benchmarks that nothing explains."""
    return [
        f"{place(path, line)}: {name}"
        for path in files((*SHIPPED, "bench"), ".py")
        for line, name in undocumented_constants(path.read_text(encoding="utf-8"))
    ]


def measures() -> list[Measure]:
    """Every row of the table."""
    longest, where = functions()[0]
    return [
        Measure("modules directly in pipelines/", modules_directly_in("pipelines"), wanted=6),
        Measure("modules directly in models/", modules_directly_in("models"), wanted=3),
        Measure("basenames that occur twice in one top package", repeated_basenames()),
        Measure("banned words in docstrings and comments", words_in_prose()),
        Measure("banned words in names of tests", words_in_test_names()),
        Measure("constants that nothing explains", constants_without_words()),
        Measure("lines of the longest function in shipped code", [where], wanted=60, value=longest),
    ]
