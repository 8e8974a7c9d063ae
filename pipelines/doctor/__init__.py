"""What this machine can do, and what a city's configuration really reaches."""
