"""Checks of this machine, and of the services and cameras of a city."""
