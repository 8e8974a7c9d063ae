"""Incident alerts: rules, queue and delivery."""
