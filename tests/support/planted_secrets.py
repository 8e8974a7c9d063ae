"""Secrets that a test plants in a configuration, and the search for them in everything that a program puts out."""

import json
import re
from base64 import b64encode
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote

import psycopg

MARKS = ("#", "@", "/", "?", "%", ":", " ", "[", "ß", "]")
"""Characters that the secrets contain, each in another order."""


def planted(number: int, *, marks: bool = True) -> str:
    """Return a secret of which every part is unique. marks: with odd characters between its parts."""
    if not marks:
        return f"Geheim{number:02}Xq{number * 7919}"
    order = MARKS[number % len(MARKS) :] + MARKS[: number % len(MARKS)]
    return "".join(f"Zq{number:02}{'KLMNPRSTVW'[i]}{mark}" for i, mark in enumerate(order)) + f"Zq{number:02}E"


def forms(secret: str) -> set[str]:
    """Return the texts that reveal `secret`: as it is, escaped in several ways, and its longer parts."""
    escaped = {quote(secret, safe=safe) for safe in ("", "/", "#", ":/?#[]@")} | {quote_plus(secret)}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), text) for text in escaped}
    coded = {json.dumps(secret)[1:-1], escape(secret), ascii(secret)[1:-1], b64encode(secret.encode()).decode()}
    parts = {part for part in re.split(r"[^A-Za-z0-9]+", secret) if len(part) > 4}
    return {secret, *escaped, *lower, *coded, *parts}


def found_in(text: str, secrets: dict[str, str]) -> list[str]:
    """Return the names of the secrets that `text` reveals, each with the place. secrets: name -> secret."""
    shown = []
    for name, secret in secrets.items():
        for form in forms(secret):
            for where in (text, unquote(text)):
                if form in where:
                    at = where.index(form)
                    shown.append(f"{name}: ...{where[max(0, at - 80) : at + 40]!r}")
                    break
            else:
                continue
            break
    return shown


def text_of_database(dsn: str) -> str:
    """Return all rows of all tables as text."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = [
            connection.execute(f"SELECT '{table}', t::text FROM {table} AS t").fetchall()  # type: ignore[call-overload]
            for (table,) in tables
        ]
    return "\n".join(str(row) for each in rows for row in each)


def text_of_folder(folder: Path) -> str:
    """Return the content and the names of all files below `folder`."""
    files = [path for path in folder.rglob("*") if path.is_file() and "postgres" not in path.parts]
    return "\n".join(f"{path}\n{path.read_bytes().decode(errors='replace')}" for path in files)
