"""Learning from a city's own cameras: pictures that the network was unsure of, and their labels."""
