"""Counts and measures of the past, over HTTP and as CSV."""
