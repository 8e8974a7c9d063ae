"""Simulated traffic: sites, SUMO networks, vehicles, scripted incidents."""
