"""Narration of a simulated city."""
