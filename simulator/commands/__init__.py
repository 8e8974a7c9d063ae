"""Commands of the simulator, found by entry point."""
