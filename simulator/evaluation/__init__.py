"""End-to-end evaluation of Simpang against the simulated city."""
