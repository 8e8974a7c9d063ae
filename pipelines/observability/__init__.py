"""Load and performance reports of a running worker."""
