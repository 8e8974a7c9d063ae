"""What can be wrong with weights."""


class UnusableWeights(ValueError):
    """A model cannot be used. The message is one line: which file, what is wrong with it, and what to do."""
