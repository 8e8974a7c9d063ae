"""Fixtures for tests with a portal."""

from tests.support.portal import pool, store

__all__ = ["pool", "store"]
