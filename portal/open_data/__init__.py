"""Open data of the public cameras: current state, history and incidents in published formats."""
