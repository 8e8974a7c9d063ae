"""Buckets of history: computed from single rows, and rolled up for long periods."""
