"""Tampering with packages of evidence: each kind, at random, must be found."""
