"""Text, JSON and YAML files of users, in any Unicode encoding. An error is one line with a remedy."""

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from models.text.decoding import decode_text
from pipelines.errors import UserError

MAX_BYTES = 500_000_000
"""Largest text file that is read, in bytes; a video by mistake is mostly larger. [assumption]"""

TYPOGRAPHIC_QUOTES = "“”„‟‘’‚‛«»″"
"""Quotation marks of word processors and chats, which YAML and JSON read as letters. [source: Unicode]"""

INVISIBLE = "\u00a0\u2007\u202f\u200b\u200c\u200d\u2060\ufeff"
"""Spaces of web pages and word processors, which YAML and JSON read as letters. [source: Unicode]"""


def read_text(path: Path, *, expected: str) -> str:
    """Read a text file in UTF-8, UTF-16 or UTF-32, without its byte order mark.

    expected: the file to give instead, for messages, such as `the path of a camera.json`. Raises UserError.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise UserError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB, no text; give {expected}")
        return decode_text(content)
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}; {_similar(path) or f'give {expected}'}") from error
    except ValueError as error:
        shown = str(path) if str(path).isprintable() else repr(str(path))
        advice = f"; give {expected}" if "null byte" in str(error) else ""
        raise UserError(f"{shown}: {error}{advice}") from error


def _similar(path: Path) -> str | None:
    """Return advice where a file of nearly this name exists, as editors save it that hide the end of names."""
    folder, name = path.parent, path.name
    others = [
        f"{name}.txt",
        name.removesuffix(".txt"),
        *(path.with_suffix(end).name for end in (".yaml", ".yml", ".json")),
    ]
    try:
        found = next((other for other in others if other != name and (folder / other).is_file()), None)
    except (OSError, ValueError):
        return None
    return found and f"{folder / found} exists; rename it, or give that name"


def parse_json(text: str) -> Any:
    """Parse JSON. Raises ValueError for other content, also for a key that occurs twice and for deep nesting."""
    try:
        return json.loads(text, object_pairs_hook=_distinct)
    except json.JSONDecodeError as error:
        raise json.JSONDecodeError(_json_problem(error), error.doc, error.pos) from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {next(key for key in keys if keys.count(key) > 1)} occurs twice; keep one")
    return content


def _json_problem(error: json.JSONDecodeError) -> str:
    """Return what is wrong, in the words of the remedy where the cause is known."""
    before, rest = error.doc[: error.pos], error.doc[error.pos :]
    wrong = rest[:1] or "\n"
    remedies = {
        "the file is empty": not error.doc.strip(),
        f'write " instead of {wrong}': wrong in TYPOGRAPHIC_QUOTES + "'",
        "an invisible character that is no space; type the space again": wrong in INVISIBLE,
        "write decimals with a point, such as 12.5": wrong.isdecimal() and re.search(r"\d,$", before),
        f"remove the comma before {wrong}": wrong in "}]" and before.rstrip().endswith(","),
        "JSON has no comments; remove it": rest.startswith(("//", "/*", "#")),
    }
    return next((remedy for remedy, applies in remedies.items() if applies), error.msg)


class _Loader(yaml.SafeLoader):
    """YAML 1.1 with plain values only. Refuses a key that occurs twice, and quotation marks of word processors."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.tag != "tag:yaml.org,2002:merge":
                if key_node.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key {key_node.value} occurs twice; keep one", key_node.start_mark
                    )
                seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        value = node.value
        if isinstance(value, str) and value and getattr(node, "style", None) is None:
            if value[0] in TYPOGRAPHIC_QUOTES:
                problem = f'write " instead of {value[0]}'
                raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
            if value[0] in INVISIBLE or value[-1] in INVISIBLE:
                problem = "an invisible character that is no space; type the space again"
                raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_scalar(node)


def parse_yaml(text: str) -> Any:
    """Parse YAML. Raises ValueError with line and problem, without the text of the line, which may be a secret.

    The message is empty where the line is unknown.
    """
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ValueError(f"line {line}: a control character; remove it") from error
    try:
        return loader.get_single_data()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise ValueError("" if mark is None else f"line {mark.line + 1}: {_yaml_problem(error, text)}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError("") from error
    finally:
        loader.dispose()


def _yaml_problem(error: yaml.MarkedYAMLError, text: str) -> str:
    """Return what is wrong, in the words of the remedy where the cause is known."""
    assert error.problem_mark is not None
    line, problem = text.split("\n")[error.problem_mark.line :][:1], error.problem or "wrong syntax"
    if "'\\t'" in problem:
        return "a tab indents the line; use spaces"
    if any(character in "".join(line) for character in INVISIBLE):
        return "an invisible character that is no space; type the space again"
    if "alias" in problem or "tag" in problem:
        return 'put a value that begins with *, & or ! in "quotation marks"'
    return problem
