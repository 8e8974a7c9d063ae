"""Errors that a person can act on."""


class BadInput(ValueError):
    """Something the user gave cannot be used. The message is one line: what, where, and what to do."""


class Unanswered(ConnectionError):
    """Nobody is there. To ask again soon costs nobody anything, unlike asking one who refuses."""
