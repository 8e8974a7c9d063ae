"""Evaluation of recordings against ground truth."""
