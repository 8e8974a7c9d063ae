"""Scores of a detector on labelled pictures: boxes found, classes right, false boxes, average precision."""
