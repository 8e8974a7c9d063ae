"""Errors that a person can act on."""


class BadInput(ValueError):
    """Something the user gave cannot be used. The message is one line: what, where, and what to do."""
