"""Event bus between workers and consumers."""
