"""Errors of models."""


class UnusableWeights(ValueError):
    """A model cannot be used. The message is one line: the file, its fault and the remedy."""
