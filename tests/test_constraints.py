"""The lock file covers every dependency that pyproject.toml declares, with hashes and without addresses."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[1]
PYPROJECT: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8")
ENTRY = re.compile(r"^([a-z0-9-]+)==(\S+)(.*(?:\n    .+)*)", re.MULTILINE)
# Only for machines with an NVIDIA GPU; large, and tied to the driver of that machine.
NOT_LOCKED = "tensorrt"


def declared() -> list[str]:
    """Every requirement of the package, its extras and the dependency groups."""
    found = list(PYPROJECT["project"]["dependencies"])
    for extra, requirements in PYPROJECT["project"]["optional-dependencies"].items():
        found += requirements if extra != NOT_LOCKED else []
    for group in PYPROJECT["dependency-groups"].values():
        found += [requirement for requirement in group if isinstance(requirement, str)]
    return found


@pytest.mark.parametrize("requirement", declared())
def test_the_lock_satisfies_each_declared_dependency(requirement: str) -> None:
    wanted = Requirement(requirement)
    versions = [version for name, version, _ in ENTRY.findall(LOCK) if name == canonicalize_name(wanted.name)]
    assert versions, f"{wanted.name} is not locked: run `make lock`"
    assert all(wanted.specifier.contains(version) for version in versions)


def test_every_locked_version_has_hashes() -> None:
    entries = ENTRY.findall(LOCK)
    assert len(entries) > 100
    assert [name for name, _, rest in entries if "--hash=sha256:" not in rest] == []


def test_the_lock_names_no_address() -> None:
    assert "://" not in LOCK
