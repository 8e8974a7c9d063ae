"""Verification of packages of evidence, with the standard library and `cryptography` alone (docs/evidence.md)."""
