"""Measures for planners: peak hour, annual traffic, speeds, the usual day, and comparisons of periods."""
