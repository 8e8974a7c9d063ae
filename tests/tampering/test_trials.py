"""A slice of `python -m tests.tampering`, which tries 1,000 packages of each sort."""

from pathlib import Path

from tests.tampering.trials import run_trials


def test_random_tampering_is_found_and_clean_packages_pass(tmp_path: Path) -> None:
    found = run_trials(tmp_path, seed=7, tamperings=200, clean=20)
    assert (dict(found.missed), found.refused) == ({}, [])
