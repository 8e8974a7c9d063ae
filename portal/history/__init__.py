"""Past traffic measures and their API."""
