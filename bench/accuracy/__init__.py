"""Benchmarks of facts against ground truth."""
