"""Peers that the benchmarks compare with."""
