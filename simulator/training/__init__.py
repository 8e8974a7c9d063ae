"""Training of the simulated city's own detector."""
