"""Labelled pictures of streets: picture sets on disk."""
