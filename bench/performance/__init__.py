"""Benchmarks of speed, capacity and memory."""
