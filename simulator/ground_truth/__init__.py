"""Exact ground truth of simulated cameras."""
