"""Commands of the simulator, registered as entry points."""
