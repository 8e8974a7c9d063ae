"""Scores of reported facts against ground truth."""
